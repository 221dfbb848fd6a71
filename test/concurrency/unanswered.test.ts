import type { DataSource } from 'typeorm'
import { Column, DataSource as Source, Entity, PrimaryColumn } from 'typeorm'
import { EventStore, StorageError } from '../../src/index.js'
import type { UnitOfWork } from '../../src/index.js'
import { postgres } from '../support/databases.js'

@Entity('views')
class View {
  @PrimaryColumn({ type: 'varchar' })
  id!: string

  @Column({ type: 'int' })
  amount!: number
}

const database = postgres()
let admin: DataSource
/** Its client gives up after 300 ms. */
let hasty: DataSource
let store: EventStore

beforeAll(async () => {
  admin = await database.openWith([View])
  hasty = await new Source({ ...admin.options, extra: { query_timeout: 300 } }).initialize()
  store = new EventStore(hasty, { lostCommitTimeoutMs: 5_000 })
  await store.verifySchema()
})
afterAll(async () => {
  await hasty.destroy()
  await database.close(admin)
})

const stored = async (id: string): Promise<number> =>
  (await admin.query<unknown[]>('select 1 from aggregate_events where aggregate_id = $1', [id])).length

/** What a commit may consist of beside its event. */
const parts = {
  mark: (unit: UnitOfWork, id: string) => unit.processed('reader', id),
  message: (unit: UnitOfWork, id: string) => unit.send({ type: 'sent', messageId: id }),
  row: (unit: UnitOfWork, id: string) => unit.upsert(View, { id, amount: 1 }),
} as const
type Part = keyof typeof parts

function commit(id: string, shape: readonly Part[]): Promise<unknown> {
  return store.unitOfWork((unit) => {
    unit.append({
      aggregateType: 'sent',
      aggregateId: id,
      expectedVersion: 0,
      events: [{ name: 'happened' }],
    })
    for (const part of shape) parts[part](unit, id)
  })
}

const shapes: readonly (readonly Part[])[] = [[], ['mark', 'message'], ['row'], ['row', 'message']]

describe('a commit whose client gives up waiting', () => {
  it.each(shapes)('4.2 while it ends is found to be written; with %s %s', async (...shape) => {
    const id = `ends-${shape.join('-')}`
    // COMMIT itself takes its time, as it does with a synchronous standby.
    await admin.query(`create or replace function slow() returns trigger language plpgsql as $$
      begin perform pg_sleep(1); return null; end $$`)
    await admin.query(`create constraint trigger slow after insert on aggregate_events deferrable initially deferred
      for each row execute function slow()`)
    try {
      await commit(id, shape)
    } finally {
      await admin.query('drop trigger slow on aggregate_events')
    }
    expect(await stored(id)).toBe(1)
  })

  it.each([
    [
      'mark',
      `insert into processed_messages (consumer_name, message_id, processed_at) values ('reader', $1, now())`,
    ],
    ['row', 'insert into views (id, amount) values ($1, 7)'],
  ] as const)('4.2 while it waits for a %s of somebody is not said to have failed', async (part, sql) => {
    const id = `waits-${part}`
    const holder = admin.createQueryRunner()
    await holder.startTransaction()
    await holder.query(sql, [id])
    const committed = commit(id, [part])
    const gone = new Promise<void>((resolve) => {
      const log = hasty.logger.logQueryError.bind(hasty.logger)
      hasty.logger.logQueryError = (...parameters) => {
        log(...parameters)
        resolve()
      }
    })
    await gone
    await holder.rollbackTransaction()
    await holder.release()
    // The server goes on with what it was sent already.
    await expect(committed).resolves.toBeDefined()
    expect(await stored(id)).toBe(1)
  })

  it('4.2 and cannot ask until too late hears that the outcome is unknown', async () => {
    const impatient = new EventStore(hasty, { lostCommitTimeoutMs: 500 })
    const holder = admin.createQueryRunner()
    await holder.startTransaction()
    await holder.query('insert into views (id, amount) values ($1, 7)', ['unknown'])
    const committed = impatient.unitOfWork((unit) => {
      unit.append({
        aggregateType: 'sent',
        aggregateId: 'unknown',
        expectedVersion: 0,
        events: [{ name: 'happened' }],
      })
      unit.upsert(View, { id: 'unknown', amount: 1 })
    })
    const error: unknown = await committed.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({ outcome: 'unknown', retryable: false })
    await holder.rollbackTransaction()
    await holder.release()
  })
})

import type { DataSource } from 'typeorm'
import { DataSource as Source } from 'typeorm'
import { EventStore, SchemaError, StorageError } from '../../src/index.js'
import { importEvents } from '../../src/import/index.js'
import type { UnitOfWork } from '../../src/index.js'
import { postgres } from '../support/databases.js'

const database = postgres()
let dataSource: DataSource
let store: EventStore

beforeEach(async () => {
  dataSource = await database.open()
  store = new EventStore(dataSource)
})
afterEach(() => database.close(dataSource))

const events = (length: number): { name: string }[] => Array.from({ length }, () => ({ name: 'happened' }))
const to = (aggregateId: string, length = 1) => ({
  aggregateType: 'whole',
  aggregateId,
  expectedVersion: 0,
  events: events(length),
})
const sequences = async (id: string): Promise<number[]> =>
  (
    await dataSource.query<{ sequence: number }[]>(
      'select sequence from aggregate_events where aggregate_id = $1 order by sequence',
      [id],
    )
  ).map(({ sequence }) => sequence)

describe('3.1 without the entity for', () => {
  const cases: readonly [string, (unit: UnitOfWork) => void][] = [
    ['outbox_messages', (unit) => unit.send({ type: 'sent' })],
    ['processed_messages', (unit) => unit.processed('reader', 'handled')],
  ]
  it.each(cases)('%s a commit that needs it writes nothing', async (table, part) => {
    const entities = dataSource.entityMetadatas
      .filter(({ tableName }) => tableName !== table)
      .map(({ target }) => target as new () => object)
    const { url } = dataSource.options as { url: string }
    const lacking = await new Source({ type: 'postgres', url, entities }).initialize()
    try {
      for (const coalesceCommits of [true, false]) {
        const tested = new EventStore(lacking, { coalesceCommits })
        const commit = (id: string): Promise<unknown> =>
          tested.unitOfWork((unit) => {
            unit.append(to(id))
            part(unit)
          })
        const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map(commit))
        for (const outcome of outcomes)
          expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(SchemaError)
        for (const id of ['a', 'b', 'c', 'd']) expect(await sequences(id)).toEqual([])
      }
    } finally {
      await lacking.destroy()
    }
  })
})

describe('2.2 a trigger of the host', () => {
  it('that keeps one event of several out fails the commit, and the import', async () => {
    await dataSource.query(`create function drop_second() returns trigger language plpgsql as $$
      begin if new.sequence = 2 then return null; end if; return new; end $$`)
    await dataSource.query(`create trigger a_drop_second before insert on aggregate_events
      for each row execute function drop_second()`)
    await expect(store.append(to('one', 3))).rejects.toThrow(StorageError)
    const together = await Promise.allSettled(['x', 'y', 'z'].map((id) => store.append(to(id, 3))))
    expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    const imported = [1, 2, 3].map((sequence) => ({ ...to('import').events[0]!, ...to('import'), sequence }))
    const source = imported.map(({ aggregateType, aggregateId, name, sequence }) => ({
      aggregateType,
      aggregateId,
      name,
      sequence,
    }))
    await expect(importEvents({ target: dataSource, events: source })).rejects.toThrow(StorageError)
    for (const id of ['one', 'x', 'y', 'z', 'import']) expect(await sequences(id)).toEqual([])
  })

  it('that inserts an event of its own cannot leave a gap', async () => {
    await dataSource.query(`create function echo() returns trigger language plpgsql as $$ begin
      if new.aggregate_id <> 'echo' then
        insert into aggregate_events (aggregate_type, aggregate_id, sequence, commit_id, event_name, payload,
          payload_codec, payload_codec_version)
        values ('whole', 'echo', 7, gen_random_uuid(), 'echoed', 'null', 'json', 1);
      end if;
      return null; end $$`)
    await dataSource.query(`create trigger z_echo after insert on aggregate_events
      for each row execute function echo()`)
    await expect(store.append(to('loud'))).rejects.toThrow(StorageError)
    await expect(store.append(to('louder', 2))).rejects.toThrow(StorageError)
    for (const id of ['loud', 'louder', 'echo']) expect(await sequences(id)).toEqual([])
  })
})

it('a batch of an import whose COMMIT is answered too late is not written twice', async () => {
  const hasty = await new Source({
    ...dataSource.options,
    extra: { query_timeout: 300 },
  }).initialize()
  try {
    await dataSource.query(`create function slow() returns trigger language plpgsql as $$
      begin if new.sequence = 1 then perform pg_sleep(1); end if; return null; end $$`)
    await dataSource.query(`create constraint trigger slow after insert on aggregate_events deferrable initially deferred
      for each row execute function slow()`)
    const source = [1, 2, 3].map(() => ({ aggregateType: 'whole', aggregateId: 'late', name: 'happened' }))
    await expect(importEvents({ target: hasty, events: source })).rejects.toMatchObject({
      outcome: 'unknown',
    })
    let found: number[] = []
    while (found.length === 0) found = await sequences('late')
    expect(found).toEqual([1, 2, 3])
  } finally {
    await hasty.destroy()
  }
})

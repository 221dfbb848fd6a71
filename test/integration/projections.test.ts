import type { DataSource } from 'typeorm'
import {
  defineProjection,
  EventStore,
  InvalidArgumentError,
  On,
  project,
  Projection,
} from '../../src/index.js'
import type { ReadModelRows, RecordedEvent } from '../../src/index.js'
import { Balance, ledgerEntities, PlainBalance } from '../read-model/ledger-entities.js'
import { databases } from '../support/databases.js'

type Deposited = RecordedEvent<'deposited', { amount: number; into?: string }>

/** Counts what was deposited into an account, by reading the row and changing it. */
const totals = defineProjection({
  name: 'totals',
  on: {
    deposited: async ({ aggregateId, payload }: Deposited, rows) => {
      const id = payload.into ?? aggregateId
      const row = await rows.find(Balance, { id })
      if (row === undefined) rows.insert(Balance, { id, owner: aggregateId, amount: payload.amount })
      else {
        row.amount += payload.amount
        rows.sync(row)
      }
    },
    refused: () => {
      throw new RangeError('not this one')
    },
  },
})

@Projection('positions', { aggregateTypes: ['account'] })
class Positions {
  readonly seen: number[] = []

  @On('deposited')
  deposited(event: Deposited, rows: ReadModelRows): void {
    this.seen.push(event.position)
    rows.upsert(PlainBalance, {
      id: event.aggregateId,
      owner: event.recordedAt.toISOString(),
      amount: event.position,
    })
  }
}

const deposit = (amount: number, into?: string): { name: string; payload: object } => ({
  name: 'deposited',
  payload: { amount, ...(into === undefined ? {} : { into }) },
})

describe.each(databases())('inline projections on $name', (database) => {
  let dataSource: DataSource
  let store: EventStore
  const positions = new Positions()
  let next = 0
  const fresh = (): { aggregateType: string; aggregateId: string } => ({
    aggregateType: 'account',
    aggregateId: `p-${next++}`,
  })

  beforeAll(async () => {
    dataSource = await database.openWith(ledgerEntities)
    store = new EventStore(dataSource, { projections: [totals, positions] })
  })
  afterAll(() => database.close(dataSource))

  const amountOf = async (id: string): Promise<number | undefined> =>
    (await dataSource.getRepository(Balance).findOneBy({ id }))?.amount

  it('17.1 rows follow the events of every commit, with their positions', async () => {
    const stream = fresh()
    const commit = await store.append({
      ...stream,
      expectedVersion: 0,
      events: [deposit(2), { name: 'ignored' }, deposit(3)],
    })
    expect(await amountOf(stream.aggregateId)).toBe(5)
    const last = commit.events[2]!
    expect(await dataSource.getRepository(PlainBalance).findOneBy({ id: stream.aggregateId })).toMatchObject({
      amount: last.position,
      owner: last.recordedAt.toISOString(),
    })
    expect(positions.seen.slice(-2)).toEqual([commit.events[0]!.position, last.position])
  })

  it('17.1 only events of the declared types count', async () => {
    const before = positions.seen.length
    await store.append({
      aggregateType: 'other',
      aggregateId: `o-${next++}`,
      expectedVersion: 0,
      events: [deposit(1)],
    })
    expect(positions.seen).toHaveLength(before)
  })

  it('17.1 rows that a unit of work stages and rows that projections make are one plan', async () => {
    const stream = fresh()
    await store.unitOfWork((work) => {
      work.append({ ...stream, expectedVersion: 0, events: [deposit(2)] })
      work.insert(Balance, { id: stream.aggregateId, owner: 'staged', amount: 100 })
    })
    expect(await dataSource.getRepository(Balance).findOneBy({ id: stream.aggregateId })).toMatchObject({
      owner: 'staged',
      amount: 102,
    })
  })

  it("17.2 a handler's own error fails the commit, and nothing is written", async () => {
    const stream = fresh()
    const attempt = store.append({ ...stream, expectedVersion: 0, events: [deposit(2), { name: 'refused' }] })
    await expect(attempt).rejects.toThrow(RangeError)
    expect(await amountOf(stream.aggregateId)).toBeUndefined()
    for await (const event of store.readStream(stream)) throw new Error(`event ${event.sequence} was stored`)
  })

  it('17.3 projections of different streams that share a row lose nothing', async () => {
    const shared = `shared-${next++}`
    const writers = Array.from({ length: 16 }, fresh)
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        writers.map((stream) =>
          store.append({ ...stream, expectedVersion: round, events: [deposit(1, shared)] }),
        ),
      )
    }
    expect(await amountOf(shared)).toBe(80)
    expect(await dataSource.getRepository(Balance).findOneBy({ id: shared })).toMatchObject({ version: 80 })
  })

  it('17.1 inside a host transaction rows are undone with it', async () => {
    const stream = fresh()
    const attempt = dataSource.transaction(async (manager) => {
      await store.within(manager).append({ ...stream, expectedVersion: 0, events: [deposit(2)] })
      expect(await manager.countBy(Balance, { id: stream.aggregateId })).toBe(1)
      throw new RangeError('undo')
    })
    await expect(attempt).rejects.toThrow(RangeError)
    expect(await amountOf(stream.aggregateId)).toBeUndefined()
  })
})

it('17.1 the same projection, of functions or a class, can be run over the feed again', async () => {
  const { openSqlite } = await import('../../src/index.js')
  const dataSource = await openSqlite(':memory:', { entities: ledgerEntities })
  await dataSource.synchronize()
  const store = new EventStore(dataSource)
  await store.append({
    aggregateType: 'account',
    aggregateId: 'a',
    expectedVersion: 0,
    events: [deposit(2), deposit(3), { name: 'other' }],
  })
  for await (const event of store.readAll()) {
    for (const each of [totals, new Positions()]) await store.unitOfWork((work) => project(each, event, work))
  }
  expect(await dataSource.getRepository(Balance).findOneBy({ id: 'a' })).toMatchObject({ amount: 5 })
  expect(await dataSource.getRepository(PlainBalance).findOneBy({ id: 'a' })).toMatchObject({ amount: 2 })
  await dataSource.destroy()
})

it('refuses what is no projection, two of one name and two methods for one event', async () => {
  const { openSqlite } = await import('../../src/index.js')
  const dataSource = await openSqlite(':memory:')
  const open = (projections: object[]) => (): EventStore => new EventStore(dataSource, { projections })
  expect(open([{}])).toThrow(InvalidArgumentError)
  expect(open([new (class Plain {})()])).toThrow(/@Projection/)
  expect(open([totals, totals])).toThrow(/two projections/i)
  expect(() => {
    class Twice {
      @On('a') one(): void {
        return
      }

      @On('a') two(): void {
        return
      }
    }
    return Twice
  }).toThrow(/twice/)
  await dataSource.destroy()
})

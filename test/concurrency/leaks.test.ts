import { setImmediate as loopTurn } from 'node:timers/promises'
import type { DataSource } from 'typeorm'
import { Aggregate, AggregateRoot, EventStore, Records } from '../../src/index.js'
import { postgres } from '../support/databases.js'

@Aggregate('leak', { snapshots: { every: 2 } })
class Leak extends AggregateRoot {
  count = 0

  @Records('counted')
  increment(): void {
    this.count += 1
  }
}

const database = postgres()
let dataSource: DataSource
let store: EventStore

beforeAll(async () => {
  dataSource = await database.open({ poolSize: 4, connectTimeoutMS: 5_000 })
  store = new EventStore(dataSource)
})
afterAll(() => database.close(dataSource))

interface Pool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
}

it('10.3 a thousand commits, conflicts, refusals, reads and rollbacks leave no connection and no transaction behind', async () => {
  const leaks = store.repository(Leak)
  const round = async (index: number): Promise<void> => {
    const leak = leaks.create(`leak-${index}`)
    leak.increment()
    leak.increment()
    await leaks.commit(leak)
    const twin = leaks.create(`leak-${index}`)
    twin.increment()
    await leaks.commit(twin).catch(() => undefined)
    const append = {
      aggregateType: 'leak',
      aggregateId: `leak-${index}`,
      events: [{ name: 'counted', payload: 1n }],
    }
    await store.append({ ...append, expectedVersion: 2 }).catch(() => undefined)
    await leaks.load(leak.aggregateId)
    for await (const event of store.readAll({ pageSize: 1, limit: 2 })) if (event.position > 0) break
    await dataSource
      .transaction(async (manager) => {
        leak.increment()
        await leaks.within(manager).commit(leak)
        throw new Error('rolled back')
      })
      .catch(() => undefined)
    await dataSource.transaction((manager) => leaks.within(manager).commit(leak))
  }
  for (let batch = 0; batch < 1_000; batch += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, index) => round(batch + index)))
  }
  // A connection goes back at the latest when the event loop turns.
  await loopTurn()
  const { totalCount, idleCount, waitingCount } = (dataSource.driver as unknown as { master: Pool }).master
  expect({ idleCount, waitingCount }).toEqual({ idleCount: totalCount, waitingCount: 0 })
  const open: unknown[] = await dataSource.query(
    `select state, query from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'`,
  )
  expect(open).toEqual([])
  const locks: unknown[] = await dataSource.query(
    `select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
  )
  expect(locks).toEqual([])
})

it('3.11 an events-only commit is one statement and one round trip; nothing to do sends nothing', async () => {
  const statements: string[] = []
  const logger = jest.spyOn(dataSource.logger, 'logQuery').mockImplementation((text) => {
    statements.push(text)
  })
  const append = { aggregateType: 'leak', aggregateId: 'counted', events: [{ name: 'x' }, { name: 'y' }] }
  await store.append({ ...append, expectedVersion: 0 })
  await store.append([
    { ...append, expectedVersion: 2 },
    { ...append, aggregateId: 'other', expectedVersion: 0 },
    { aggregateType: 'leak', aggregateId: 'checked', expectedVersion: 0 },
  ])
  expect(statements).toHaveLength(2)
  const leak = store.repository(Leak).create('idle')
  await store.commit(leak)
  await store.append([])
  expect(statements).toHaveLength(2)
  await store.repository(Leak).load('leak-1')
  expect(statements).toHaveLength(3)
  logger.mockRestore()
})

it('3.11 Postgres plans the statements of commits once, not each time', async () => {
  const runner = dataSource.createQueryRunner()
  const bound = store.within(runner)
  for (let version = 0; version < 12; version++) {
    const events = [{ name: 'x', payload: { version } }]
    await bound.append({ aggregateType: 'leak', aggregateId: 'planned', expectedVersion: version, events })
    await bound.append([
      { aggregateType: 'leak', aggregateId: 'planned-a', expectedVersion: version, events },
      { aggregateType: 'leak', aggregateId: 'planned-b', expectedVersion: version, events },
    ])
    await bound.repository(Leak).load('leak-2')
  }
  const plans: { generic: number; custom: number; statement: string }[] = await runner.query(
    `select generic_plans::int as generic, custom_plans::int as custom, statement from pg_prepared_statements
     where name like 'sourced_%' and generic_plans + custom_plans >= 12`,
  )
  await runner.release()
  expect(plans.length).toBeGreaterThanOrEqual(2)
  // Planned anew at most while Postgres makes up its mind.
  for (const { custom, generic } of plans) expect([custom <= 5, generic >= 7]).toEqual([true, true])
})

it('10.6 stores work without prepared statements too', async () => {
  const plain = new EventStore(dataSource, { preparedStatements: false })
  const append = { aggregateType: 'leak', aggregateId: 'plain', events: [{ name: 'counted' }] }
  await plain.append({ ...append, expectedVersion: 0 })
  expect((await plain.repository(Leak).load('plain'))!.count).toBe(1)
})

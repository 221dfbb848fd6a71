import { setTimeout as sleep } from 'node:timers/promises'
import type { DataSource, EntitySubscriberInterface } from 'typeorm'
import {
  Aggregate,
  AggregateRoot,
  EventStore,
  FeedStalledError,
  InvalidArgumentError,
  Records,
  StorageError,
} from '../../src/index.js'
import { databases, postgres } from '../support/databases.js'

@Aggregate('hosted', { snapshots: { every: 1 } })
class Hosted extends AggregateRoot {
  count = 0

  @Records('counted')
  increment(): void {
    this.count += 1
  }
}

const EVENTS = [{ name: 'x' }]
const stream = (aggregateId: string) => ({ aggregateType: 'host', aggregateId })

async function versionOf(store: EventStore, id: string): Promise<number> {
  for await (const { sequence } of store.readStream(stream(id), { direction: 'backward', pageSize: 1 }))
    return sequence
  return 0
}

class Rollback extends Error {}

for (const database of databases()) {
  describe(database.name, () => {
    let dataSource: DataSource
    let store: EventStore

    beforeAll(async () => {
      dataSource = await database.open()
      store = new EventStore(dataSource)
      await store.append({ ...stream('taken'), expectedVersion: 0, events: EVENTS })
    })
    afterAll(() => database.close(dataSource))

    it('10.1, 10.3 a commit under way when its transaction ends belongs to it, or is refused; nothing is left open', async () => {
      for (let round = 0; round < 30; round++) {
        const ids = [`${database.name}-${round}-a`, `${database.name}-${round}-b`]
        const late: Promise<unknown>[] = []
        await dataSource
          .transaction(async (manager) => {
            const joined = store.within(manager)
            for (const id of ids)
              late.push(joined.append({ ...stream(id), expectedVersion: 0, events: EVENTS }))
            await sleep(Math.random() * 3)
            throw new Rollback()
          })
          .catch(() => undefined)
        await Promise.allSettled(late)
        for (const id of ids) expect(await versionOf(store, id)).toBe(0)
        // The connection that comes next is in no transaction of anybody's.
        await store.append({ ...stream('after'), expectedVersion: 'any', events: EVENTS })
        expect(await versionOf(new EventStore(dataSource), 'after')).toBe(round + 1)
      }
    })

    it('10.1 a forgotten await inside a transaction is part of it or is refused', async () => {
      const forgotten: Promise<unknown>[] = []
      for (let round = 0; round < 20; round++) {
        await dataSource.transaction(async (manager) => {
          forgotten.push(
            store
              .within(manager)
              .append({ ...stream(`forgotten-${round}`), expectedVersion: 0, events: EVENTS }),
          )
          await sleep(round % 3)
        })
      }
      const outcomes = await Promise.allSettled(forgotten)
      for (const [round, { status }] of outcomes.entries()) {
        expect(await versionOf(store, `forgotten-${round}`)).toBe(status === 'fulfilled' ? 1 : 0)
      }
    })

    it('3.7 an aggregate whose transaction is rolled back while its commit answers gets its events back', async () => {
      const hosted = store.repository(Hosted)
      for (let round = 0; round < 20; round++) {
        const one = hosted.create(`overtaken-${round}`)
        one.increment()
        let committing: Promise<unknown> | undefined
        await dataSource
          .transaction(async (manager) => {
            committing = hosted.within(manager).commit(one)
            await manager.query('select 1')
            throw new Rollback()
          })
          .catch(() => undefined)
        await Promise.allSettled([committing])
        expect([one.committedVersion, one.pendingEvents.length]).toEqual([0, 1])
        await hosted.commit(one)
        expect((await hosted.load(one.aggregateId))!.count).toBe(1)
      }
    })

    it('10.4 two stores in one transaction take turns, and lose nothing that they acknowledged', async () => {
      const other = new EventStore(dataSource)
      for (let round = 0; round < 20; round++) {
        await dataSource.transaction(async (manager) => {
          const outcomes = await Promise.allSettled([
            store.within(manager).append({ ...stream('taken'), expectedVersion: 0, events: EVENTS }),
            other.within(manager).append({ ...stream(`two-${round}`), expectedVersion: 0, events: EVENTS }),
          ])
          expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
        })
        expect(await versionOf(store, `two-${round}`)).toBe(1)
      }
    })

    it("3.7, 4.1 a host's subscriber that fails decides nothing about a commit", async () => {
      const failing: EntitySubscriberInterface = {}
      dataSource.subscribers.push(failing)
      const hosted = store.repository(Hosted)
      try {
        const started = hosted.create('subscriber-start')
        started.increment()
        failing.afterTransactionStart = () => Promise.reject(new Error('subscriber'))
        // Only on SQLite does the module begin its transactions through TypeORM, which tells subscribers of them.
        if (dataSource.options.type === 'postgres') {
          await hosted.commit(started)
        } else {
          await expect(hosted.commit(started)).rejects.toThrow(StorageError)
          failing.afterTransactionStart = () => undefined
          expect(started.pendingEvents).toHaveLength(1)
          await hosted.commit(started)
        }
        delete failing.afterTransactionStart
        const committed = hosted.create('subscriber-commit')
        committed.increment()
        failing.afterTransactionCommit = () => Promise.reject(new Error('subscriber'))
        await hosted.commit(committed)
        expect(committed.pendingEvents).toHaveLength(0)
      } finally {
        dataSource.subscribers.splice(dataSource.subscribers.indexOf(failing), 1)
      }
      expect(
        (await hosted.loadMany(['subscriber-start', 'subscriber-commit'])).map(({ count }) => count),
      ).toEqual([1, 1])
    })
  })
}

describe('Postgres', () => {
  const database = postgres()
  let dataSource: DataSource
  let store: EventStore

  beforeAll(async () => {
    dataSource = await database.open({
      poolSize: 20,
      extra: { query_timeout: 400 },
      poolErrorHandler: () => undefined,
    })
    store = new EventStore(dataSource, { lostCommitTimeoutMs: 5_000 })
    await store.verifySchema()
  })
  afterAll(() => database.close(dataSource))

  it("10.1 a host's transaction whose session dies gives aggregates their events back", async () => {
    const hosted = store.repository(Hosted)
    const one = hosted.create('terminated')
    one.increment()
    const error: unknown = await dataSource
      .transaction(async (manager) => {
        await hosted.within(manager).commit(one)
        expect(one.pendingEvents).toHaveLength(0)
        const [{ pid }]: [{ pid: number }] = await manager.query('select pg_backend_pid() as pid')
        await dataSource.query('select pg_terminate_backend($1)', [pid])
        await sleep(50)
      })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Error)
    expect([one.committedVersion, one.pendingEvents.length]).toEqual([0, 1])
    await hosted.commit(one)
    expect((await hosted.load('terminated'))!.count).toBe(1)
  })

  it('4.2 a client that stops waiting finds out what became of its commit', async () => {
    const blocker = dataSource.createQueryRunner()
    await blocker.startTransaction()
    await store.within(blocker).append({ ...stream('timeout'), expectedVersion: 0, events: EVENTS })
    // Waits for the key that the open transaction holds; the client gives up before the database does.
    const late = store.append({ ...stream('timeout'), expectedVersion: 'any', events: EVENTS })
    await sleep(700)
    await blocker.rollbackTransaction()
    await blocker.release()
    expect((await late).events.map(({ sequence }) => sequence)).toEqual([1])
    expect(await versionOf(store, 'timeout')).toBe(1)
  })

  it("3.4 in host transactions, too, 'any' never fails because of another writer", async () => {
    await Promise.all(
      Array.from({ length: 30 }, () =>
        dataSource.transaction(async (manager) => {
          await store.within(manager).append({ ...stream('any'), expectedVersion: 'any', events: EVENTS })
        }),
      ),
    )
    expect(await versionOf(store, 'any')).toBe(30)
  })

  it('9.2 readAll refuses a transaction with a fixed snapshot instead of skipping events', async () => {
    const read = async (level: 'READ COMMITTED' | 'REPEATABLE READ'): Promise<void> => {
      await dataSource.transaction(level, async (manager) => {
        for await (const event of store.within(manager).readAll({ limit: 1 }))
          expect(event.position).toBeGreaterThan(0)
      })
    }
    await read('READ COMMITTED')
    await expect(read('REPEATABLE READ')).rejects.toThrow(InvalidArgumentError)
  })

  it('10.1 a transaction that was begun behind the back of TypeORM is refused', async () => {
    const runner = dataSource.createQueryRunner()
    await runner.query('begin')
    await expect(
      store.within(runner).append({ ...stream('raw'), expectedVersion: 0, events: EVENTS }),
    ).rejects.toThrow(InvalidArgumentError)
    await runner.query('rollback')
    await store.within(runner).append({ ...stream('raw'), expectedVersion: 0, events: EVENTS })
    await runner.release()
  })

  it('10.3 one transaction may append as often as it likes: it holds one lock of the feed', async () => {
    const runner = dataSource.createQueryRunner()
    await runner.startTransaction()
    for (let version = 0; version < 50; version++) {
      await store.within(runner).append({ ...stream('often'), expectedVersion: version, events: EVENTS })
      await store.append({ ...stream('meanwhile'), expectedVersion: 'any', events: EVENTS })
    }
    const locks: unknown[] = await runner.query(
      `select 1 from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`,
    )
    expect(locks).toHaveLength(1)
    await runner.rollbackTransaction()
    await runner.release()
  })

  it('9.2 a savepoint of the host that takes the lock of the feed away does not make readers skip', async () => {
    await store.append({ ...stream('raw-savepoint'), expectedVersion: 0, events: EVENTS })
    const runner = dataSource.createQueryRunner()
    await runner.startTransaction()
    const late = store.within(runner)
    await runner.query('savepoint mine')
    await late.append({ ...stream('raw-late'), expectedVersion: 0, events: EVENTS })
    await runner.query('rollback to savepoint mine')
    await late.append({ ...stream('raw-late'), expectedVersion: 0, events: EVENTS })
    await store.append({ ...stream('raw-early'), expectedVersion: 0, events: EVENTS })
    const seen: string[] = []
    const read = async (): Promise<void> => {
      for await (const { aggregateId } of store.readAll({ settleTimeoutMs: 20 })) seen.push(aggregateId)
    }
    await expect(read()).rejects.toThrow(FeedStalledError)
    expect(seen).not.toContain('raw-early')
    await runner.commitTransaction()
    await runner.release()
    seen.length = 0
    await read()
    expect(seen.slice(-2)).toEqual(['raw-late', 'raw-early'])
  })

  it('10.1 a commit that lost a race is not tried again outside of its transaction', async () => {
    const blocker = dataSource.createQueryRunner()
    await blocker.startTransaction()
    await store.within(blocker).append({ ...stream('raced'), expectedVersion: 0, events: EVENTS })
    const runner = dataSource.createQueryRunner()
    await runner.startTransaction()
    const losing = store.within(runner).append({ ...stream('raced'), expectedVersion: 'any', events: EVENTS })
    const settled = Promise.allSettled([losing])
    await sleep(50)
    const ending = runner.rollbackTransaction()
    await blocker.commitTransaction()
    await ending
    await settled
    await runner.release()
    await blocker.release()
    expect(await versionOf(store, 'raced')).toBe(1)
  })

  it('4.5 prepared statements that a change of the schema made stale are prepared again', async () => {
    await store.append({ ...stream('stale'), expectedVersion: 0, events: EVENTS })
    const read = async (): Promise<number> => versionOf(store, 'stale')
    await Promise.all(Array.from({ length: 10 }, read))
    await dataSource.query('alter table aggregate_events alter column aggregate_type type varchar(300)')
    expect(await Promise.all(Array.from({ length: 10 }, read))).toEqual(Array<number>(10).fill(1))
    await store.append({ ...stream('stale'), expectedVersion: 1, events: EVENTS })
  })
})

import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { DataSource } from 'typeorm'
import type { EntityManager, EntitySubscriberInterface } from 'typeorm'
import {
  addTransactionalDataSource,
  initializeTransactionalContext,
  Propagation,
  runInTransaction,
  StorageDriver,
} from 'typeorm-transactional'
import { sqliteEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { EventStore, InvalidArgumentError, StorageError } from '../../src/index.js'
import { databases, postgres } from '../support/databases.js'

const EVENTS = [{ name: 'x' }]
const appendTo = (store: EventStore, aggregateId: string): Promise<unknown> =>
  store.append({ aggregateType: 'scope', aggregateId, expectedVersion: 0, events: EVENTS })

interface Signal {
  readonly given: Promise<void>
  readonly give: () => void
}

function signal(): Signal {
  let give!: () => void
  const given = new Promise<void>((resolve) => (give = resolve))
  return { given, give }
}

async function storedIn(store: EventStore): Promise<string[]> {
  const ids: string[] = []
  for await (const { aggregateId } of store.readAll()) ids.push(aggregateId)
  return ids.sort()
}

describe('typeorm-transactional with the storage driver ASYNC_LOCAL_STORAGE', () => {
  const database = postgres()
  let dataSource: DataSource
  let store: EventStore

  beforeAll(async () => {
    initializeTransactionalContext({ storageDriver: StorageDriver.ASYNC_LOCAL_STORAGE })
    dataSource = await database.open()
    addTransactionalDataSource(dataSource)
    store = new EventStore(dataSource)
  })
  afterAll(() => database.close(dataSource))

  it('10.7 keeps requests apart', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) =>
        runInTransaction(async () => {
          await sleep(index % 5)
          await appendTo(store, `request-${index}`)
          if (index % 2 === 0) throw new Error('refused')
        }),
      ),
    )
    const kept = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [`request-${index}`] : []))
    expect(kept).toHaveLength(25)
    expect(await storedIn(store)).toEqual(kept.sort())
  })

  it('10.7 where it mixes up transactions side by side inside one, nothing is written to the wrong one', async () => {
    const before = await storedIn(store)
    const causes: unknown[] = []
    const appended: string[] = []
    for (let round = 0; round < 5; round++) {
      await runInTransaction(async () => {
        const all = signal()
        let begun = 0
        const branches = Array.from({ length: 4 }, (_, index) =>
          runInTransaction(
            async () => {
              if (++begun === 4) all.give()
              await all.given
              await appendTo(store, `branch-${round}-${index}`)
              if (index % 2 === 1) throw new Error('refused')
              appended.push(`branch-${round}-${index}`)
            },
            { propagation: Propagation.REQUIRES_NEW },
          ),
        )
        for (const outcome of await Promise.allSettled(branches))
          if (outcome.status === 'rejected') causes.push(outcome.reason)
      })
    }
    expect(causes).toContainEqual(expect.any(InvalidArgumentError))
    expect(await storedIn(store)).toEqual([...before, ...appended].sort())
  })

  it('10.7 the code around does not get into a transaction that was begun inside', async () => {
    const before = await storedIn(store)
    await runInTransaction(async () => {
      const [begun, end] = [signal(), signal()]
      const inner = runInTransaction(
        async () => {
          begun.give()
          await end.given
          throw new Error('refused')
        },
        { propagation: Propagation.REQUIRES_NEW },
      )
      await begun.given
      await expect(appendTo(store, 'around')).rejects.toThrow(/storage driver/)
      end.give()
      await expect(inner).rejects.toThrow('refused')
      await appendTo(store, 'after')
    })
    expect(await storedIn(store)).toEqual([...before, 'after'].sort())
  })
})

describe.each(databases())('on $name', (database) => {
  let dataSource: DataSource

  beforeAll(async () => {
    dataSource = await database.open()
  })
  afterAll(() => database.close(dataSource))

  it('10.8 a store within a transaction that has ended fails, and writes nowhere', async () => {
    const store = new EventStore(dataSource)
    let kept!: EventStore
    await dataSource.transaction(async (manager) => {
      kept = store.within(manager)
      await appendTo(kept, 'kept')
    })
    await expect(appendTo(kept, 'too late')).rejects.toThrow(StorageError)
    expect(await storedIn(store)).toEqual(['kept'])
  })

  it("10.1 a subscriber of the host's may take part until the transaction commits", async () => {
    const store = new EventStore(dataSource)
    const subscriber: EntitySubscriberInterface = {
      beforeTransactionCommit: async ({ manager }) => {
        await appendTo(store.within(manager), 'audited')
      },
    }
    dataSource.subscribers.push(subscriber)
    await dataSource.transaction(async () => {})
    dataSource.subscribers.splice(dataSource.subscribers.indexOf(subscriber), 1)
    expect(await storedIn(store)).toContain('audited')
  })

  it("10.7, 10.8 a propagation of the host's own works in the same way", async () => {
    const current = new AsyncLocalStorage<EntityManager>()
    const store = new EventStore(dataSource, { manager: () => current.getStore() ?? dataSource.manager })
    const before = await storedIn(store)
    let left: Promise<unknown> | undefined
    const ended = signal()
    const failing = dataSource.transaction((manager) =>
      current.run(manager, async () => {
        left = ended.given.then(() => appendTo(store, 'left'))
        await appendTo(store, 'inside')
        throw new Error('refused')
      }),
    )
    await expect(failing).rejects.toThrow('refused')
    ended.give()
    await expect(left).rejects.toThrow(StorageError)
    expect(await storedIn(store)).toEqual(before)
  })

  it('10.8 without propagation, work that a transaction started goes on after it', async () => {
    const store = new EventStore(dataSource)
    let left: Promise<unknown> | undefined
    const ended = signal()
    await dataSource.transaction(async () => {
      left = ended.given.then(() => appendTo(store, 'worker'))
    })
    ended.give()
    await left
    expect(await storedIn(store)).toContain('worker')
  })
})

it('10.8 without the guard, the one runner of SQLite serves one transaction after the other', async () => {
  const dataSource = await new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [...sqliteEntities],
    migrations: [...sourcedMigrations],
    migrationsRun: true,
  }).initialize()
  const store = new EventStore(dataSource, { guardSqlite: false })
  await dataSource.transaction((manager) => appendTo(store.within(manager), 'one'))
  await dataSource.transaction((manager) => appendTo(store.within(manager), 'two'))
  await appendTo(store, 'three')
  expect(await storedIn(store)).toEqual(['one', 'three', 'two'])
  await dataSource.destroy()
})

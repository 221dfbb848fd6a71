import { AsyncLocalStorage } from 'node:async_hooks'
import { DataSource } from 'typeorm'
import type { DataSourceOptions, QueryRunner } from 'typeorm'
import { ConcurrentWriteError, EventStore, InvalidArgumentError, StorageError } from '../../src/index.js'
import type { StreamAppend } from '../../src/index.js'
import { Balance, ledgerEntities, PlainBalance } from '../read-model/ledger-entities.js'
import { postgres } from '../support/databases.js'

const database = postgres()
const opened: DataSource[] = []
let admin: DataSource

beforeAll(async () => {
  admin = await database.openWith(ledgerEntities)
})
afterEach(() => Promise.all(opened.splice(0).map((each) => each.destroy())))
afterAll(() => database.close(admin))

/** Another pool on the same database. */
async function open(options: Partial<DataSourceOptions>): Promise<DataSource> {
  const dataSource = new DataSource({ ...admin.options, ...options } as DataSourceOptions)
  opened.push(await dataSource.initialize())
  return dataSource
}

const to = (aggregateId: string, expectedVersion: StreamAppend['expectedVersion'] = 'any') => ({
  aggregateType: 'sent',
  aggregateId,
  expectedVersion,
  events: [{ name: 'happened' }],
})

/** A commit of an event and a row. */
const commitBoth = (store: EventStore, id: string, amount = 1): Promise<unknown> =>
  store.unitOfWork((work) => {
    work.append(to(id, 0))
    work.insert(Balance, { id, owner: id, amount })
  })

/** The events and the rows that there are of a commit. */
async function stored(id: string): Promise<number[]> {
  const count = async (table: string, column: string): Promise<number> => {
    const [row] = await admin.query<{ count: string }[]>(
      `select count(*) from ${table} where ${column} = $1`,
      [id],
    )
    return Number(row!.count)
  }
  return [await count('aggregate_events', 'aggregate_id'), await count('balances', 'id')]
}

/** A transaction of the host's in which something is done first. */
async function holding(work: (runner: QueryRunner) => Promise<unknown>): Promise<() => Promise<void>> {
  const runner = admin.createQueryRunner()
  await runner.startTransaction()
  await work(runner)
  return async () => {
    await runner.commitTransaction()
    await runner.release()
  }
}

/** Waits until some session of the database waits for a lock. */
async function untilSomebodyWaits(): Promise<void> {
  for (;;) {
    const waiting = await admin.query<unknown[]>(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (waiting.length > 0) return
  }
}

it('10.9 appending inside a transaction that has the last connection says that it would wait forever', async () => {
  const dataSource = await open({ poolSize: 1 })
  const store = new EventStore(dataSource)
  // Also when the tables are known already.
  await store.verifySchema()
  const waiting = dataSource.transaction(() => store.append(to('waits')))
  await expect(waiting).rejects.toThrow(InvalidArgumentError)
  await store.append(to('waits'))
})

it('2.4 appending to a DataSource that was closed says so', async () => {
  const dataSource = await open({})
  const store = new EventStore(dataSource)
  await store.append(to('closed'))
  await dataSource.destroy()
  opened.pop()
  await expect(store.append(to('closed'))).rejects.toThrow(InvalidArgumentError)
})

it('4.5 a connection whose client gave up waiting works again afterwards', async () => {
  const dataSource = await open({ poolSize: 1, extra: { query_timeout: 400 } })
  const store = new EventStore(dataSource)
  await store.verifySchema()
  await admin.getRepository(PlainBalance).insert({ id: 'slow', owner: 'slow', amount: 1 })
  const update = (id: string): Promise<unknown> =>
    store.unitOfWork((work) => {
      work.append(to(id, 0))
      // The row has to be there before it is replaced, so that COMMIT does not go with the rest: the connection is kept.
      work.patch(PlainBalance, { id: 'slow' }, { amount: 2 })
      work.upsert(PlainBalance, { id: 'slow', owner: id, amount: 2 })
    })
  const release = await holding((runner) =>
    runner.manager.update(PlainBalance, { id: 'slow' }, { amount: 3 }),
  )
  const failing = expect(update('slow')).rejects.toThrow(StorageError)
  // The client gives up, and sends ROLLBACK behind what it does not wait for any more.
  const { logger } = dataSource
  await new Promise<void>((resolve) => {
    const log = logger.logQuery.bind(logger)
    logger.logQuery = (query, ...more) => {
      log(query, ...more)
      if (query === 'rollback') resolve()
    }
  })
  await release()
  await failing
  await update('slow-again')
  await update('slow-once-more')
  expect(await stored('slow')).toEqual([0, 0])
  expect(await stored('slow-again')).toEqual([1, 0])
})

it('10.1 a commit in an aborted nested transaction leaves the one around it alone', async () => {
  const store = new EventStore(admin)
  await admin.transaction(async (manager) => {
    await store.within(manager).append(to('around', 0))
    const nested = manager.transaction(async (inner) => {
      await inner.query('select 1 / 0').catch(() => undefined)
      await store.within(inner).append(to('nested', 0))
    })
    await expect(nested).rejects.toThrow(/An earlier statement of this transaction failed/)
    await store.within(manager).append(to('around', 1))
  })
  expect(await stored('around')).toEqual([2, 0])
  expect(await stored('nested')).toEqual([0, 0])
})

it('10.3 a logger that throws fails its commit alone, and is called in the context of its commit', async () => {
  const request = new AsyncLocalStorage<string>()
  const contexts: unknown[] = []
  const dataSource = await open({})
  const store = new EventStore(dataSource)
  await store.verifySchema()
  dataSource.logger.logQueryError = () => {
    contexts.push(request.getStore())
    throw new Error('disk full')
  }
  await request.run('mine', () => expect(commitBoth(store, 'unlogged', -1)).rejects.toThrow(StorageError))
  expect(new Set(contexts)).toEqual(new Set(['mine']))
  expect(await stored('unlogged')).toEqual([0, 0])
  await commitBoth(store, 'logged')
})

it.each(['with', 'without'])(
  '11.1 deletions of rows that may be missing go through at once, %s a message',
  async (message) => {
    // With a message both deletions have the same text, and no connection has prepared it.
    const dataSource = await open({ poolSize: 1 })
    const store = new EventStore(dataSource)
    const [first, second, deleting] = ['first', 'second', 'deleting'].map((id) => `${id} ${message}`)
    await commitBoth(store, first!)
    await commitBoth(store, second!)
    const failed: string[] = []
    dataSource.logger.logQueryError = (error) => failed.push(String(error))
    await store.unitOfWork((work) => {
      work.append(to(deleting!, 0))
      work.delete(Balance, { id: first! }, { expectedVersion: 1 })
      work.delete(Balance, { id: second! })
      work.delete(Balance, { id: 'missing' })
      if (message === 'with') work.send({ type: 'deleted', payload: second! })
    })
    expect(failed).toEqual([])
    expect([await stored(first!), await stored(second!), await stored(deleting!)]).toEqual(
      [1, 1, 1].map((events) => [events, 0]),
    )
  },
)

it('3.12 the pipeline mode of pg, which takes no statements together, changes no outcome', async () => {
  const dataSource = await open({ extra: { pipeline: true } })
  const store = new EventStore(dataSource)
  const release = await holding((runner) => new EventStore(admin).within(runner).append(to('held', 0)))
  const waiting = store.append(to('held'))
  await untilSomebodyWaits()
  const both = Array.from({ length: 20 }, (_, index) => store.append(to(`free-${index}`, 0)))
  both.push(store.append(to('held')))
  await Promise.all([...both.slice(0, 20), commitBoth(store, 'piped')])
  await expect(commitBoth(store, 'piped')).rejects.toThrow(ConcurrentWriteError)
  await release()
  await Promise.all([...both, waiting])
  expect(await stored('held')).toEqual([3, 0])
  expect(await stored('piped')).toEqual([1, 1])
})

it("10.4 a trigger of the host's that keeps events out is noticed: nothing is acknowledged that is not stored", async () => {
  const dataSource = await open({})
  await dataSource.query(
    `create function keep_out() returns trigger language plpgsql as $$ begin return null; end $$`,
  )
  await dataSource.query(`create trigger keep_out before insert on aggregate_events for each row
    when (new.event_name = 'kept-out') execute function keep_out()`)
  const store = new EventStore(dataSource)
  const keptOut = (id: string, length = 1): StreamAppend => ({
    ...to(id, 0),
    events: Array<{ name: string }>(length).fill({ name: 'kept-out' }),
  })
  const outcomes = await Promise.allSettled([
    store.append(to('kept-first')),
    store.append(keptOut('kept-one')),
    ...Array.from({ length: 10 }, (_, index) => store.append(to(`kept-beside-${index}`))),
    store.append(keptOut('kept-two', 2)),
    store.append([to('kept-left'), keptOut('kept-right')]),
  ])
  const failed = outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))
  expect(failed).toEqual([1, 12, 13])
  const both = store.unitOfWork((work) => {
    work.append(to('kept-pair'))
    work.append(keptOut('kept-other'))
    work.insert(Balance, { id: 'kept-pair', owner: 'kept', amount: 1 })
  })
  await expect(both).rejects.toThrow(StorageError)
  expect(await dataSource.getRepository(Balance).countBy({ id: 'kept-pair' })).toBe(0)
  await dataSource.query('drop function keep_out cascade')
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as loopTurn, setTimeout as sleep } from 'node:timers/promises'
import { DataSource } from 'typeorm'
import { postgresEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { LockTimeoutError, SchemaError, StorageError } from '../../src/errors/index.js'
import { EventStore, openSqlite } from '../../src/index.js'
import { lockKeyOf } from '../../src/locks/lock-key.js'
import type { LockOptions } from '../../src/locks/lock-options.js'
import { Locks } from '../../src/locks/locks.js'
import type { LockedWork } from '../../src/locks/locks.js'
import { resolveOptions } from '../../src/options.js'
import { Database } from '../../src/runner/database.js'
import type { LockStatements } from '../../src/sql/lock-statements.js'
import type { Statement } from '../../src/sql/statement.js'
import { createPostgresDatabase } from '../support/databases.js'

/** What a process of its own would have: a DataSource, and with it locks in process that nobody else sees. */
class Process {
  readonly database: Database
  private readonly locks: Locks

  constructor(readonly dataSource: DataSource) {
    this.database = new Database(dataSource, resolveOptions({}))
    this.locks = new Locks(this.database)
  }

  withLock<Result>(id: string | readonly string[], work: LockedWork<Result>, options: LockOptions = {}) {
    return this.locks.withLock(undefined, [id].flat().map(account), work, { across: 'processes', ...options })
  }

  /** Whether the lock is to be had right now. */
  async canLock(id: string): Promise<boolean> {
    try {
      return await this.withLock(id, () => Promise.resolve(true), { timeoutMs: 0 })
    } catch (error) {
      if (error instanceof LockTimeoutError) return false
      throw error
    }
  }

  /** Does to the lock table what another process might do to it. */
  run<Result>(statement: (locks: LockStatements) => Statement<Result>): Promise<Result> {
    return this.database.connectAnew((connection) => connection.run(statement(connection.statements.locks!)))
  }
}

const account = (aggregateId: string) => ({ aggregateType: 'account', aggregateId })
const keyOf = (id: string): string => lockKeyOf(account(id))

async function postgresProcesses(count: number) {
  const { url, drop } = await createPostgresDatabase()
  const processes: Process[] = []
  for (let index = 0; index < count; index++) {
    const dataSource = new DataSource({
      type: 'postgres',
      url,
      entities: [...postgresEntities],
      migrations: [...sourcedMigrations],
      poolSize: 4,
    })
    await dataSource.initialize()
    await dataSource.runMigrations()
    processes.push(new Process(dataSource))
  }
  return { processes, drop }
}

async function sqliteProcesses(count: number) {
  const folder = mkdtempSync(join(tmpdir(), 'typeorm-sourced-locks-'))
  const processes: Process[] = []
  for (let index = 0; index < count; index++)
    processes.push(new Process(await openSqlite(join(folder, 'locks.sqlite'))))
  const drop = (): Promise<void> => {
    rmSync(folder, { recursive: true })
    return Promise.resolve()
  }
  return { processes, drop }
}

describe.each([
  { name: 'Postgres', open: postgresProcesses },
  { name: 'SQLite', open: sqliteProcesses },
])('locks of several processes on $name', ({ open }) => {
  let processes: Process[]
  let one: Process
  let two: Process
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ processes, drop } = await open(3))
    one = processes[0]!
    two = processes[1]!
  })
  afterAll(async () => {
    const left: unknown[] = await one.dataSource.query('select lock_key from aggregate_locks')
    await Promise.all(processes.map(({ dataSource }) => dataSource.destroy()))
    await drop()
    expect(left).toEqual([])
  })

  it('16.1 work on one aggregate takes turns, in whichever process', async () => {
    let inside = 0
    let most = 0
    let done = 0
    await Promise.all(
      processes.flatMap((process) =>
        Array.from({ length: 8 }, () =>
          process.withLock('turns', async () => {
            most = Math.max(most, ++inside)
            await sleep(1)
            inside--
            done++
          }),
        ),
      ),
    )
    expect({ most, done }).toEqual({ most: 1, done: 24 })
  })

  it('16.1 no update gets lost, and nobody has to retry', async () => {
    const stores = processes.map(({ dataSource }) => new EventStore(dataSource))
    const count = async (process: Process, store: EventStore): Promise<void> => {
      await process.withLock('counter', async () => {
        let version = 0
        for await (const { sequence } of store.readStream(account('counter'))) version = sequence
        await store.append({
          ...account('counter'),
          expectedVersion: version,
          events: [{ name: 'counted' }],
        })
      })
    }
    await Promise.all(
      processes.flatMap((process, index) => [1, 2, 3, 4].map(() => count(process, stores[index]!))),
    )
    let last = 0
    for await (const { sequence } of stores[0]!.readStream(account('counter'))) last = sequence
    expect(last).toBe(12)
  })

  it('16.1 work on different aggregates never waits for each other', async () => {
    await one.withLock(['apart-1', 'apart-2'], async () => {
      expect(await two.canLock('apart-3')).toBe(true)
      expect(await two.canLock('apart-2')).toBe(false)
    })
    expect(await two.canLock('apart-2')).toBe(true)
  })

  it('16.2 the wait is bounded, for all locks together', async () => {
    await one.withLock('bounded', async () => {
      const started = performance.now()
      await expect(
        two.withLock(['bounded', 'abound'], () => Promise.resolve(), { timeoutMs: 100 }),
      ).rejects.toThrow(LockTimeoutError)
      expect(performance.now() - started).toBeGreaterThanOrEqual(95)
      // It gave back what it had taken before.
      expect(await one.canLock('abound')).toBe(true)
    })
  })

  it('16.2 several locks are taken in one order, so that nobody waits for ever', async () => {
    const names = ['order-1', 'order-2', 'order-3']
    const done = await Promise.all(
      processes.flatMap((process, index) => {
        const rotated = [...names.slice(index), ...names.slice(0, index)]
        return [1, 2, 3].map((n) =>
          process.withLock(n % 2 ? rotated : rotated.reverse(), () => sleep(1, true)),
        )
      }),
    )
    expect(done).toHaveLength(9)
  })

  it('16.4 asked for again inside the work, a lock is not waited for, and other processes stay out', async () => {
    await one.withLock('again', async () => {
      await one.withLock('again', async () => expect(await two.canLock('again')).toBe(false))
      await one.withLock('again', () => Promise.resolve(), { across: 'process' })
      expect(await two.canLock('again')).toBe(false)
    })
    await one.withLock(
      'again',
      async () => {
        expect(await two.canLock('again')).toBe(true)
        await one.withLock('again', async () => expect(await two.canLock('again')).toBe(false))
      },
      { across: 'process' },
    )
    expect(await two.canLock('again')).toBe(true)
  })

  it('16.3 the lock of a process that died is free when its lease has run out', async () => {
    expect(await one.run((locks) => locks.acquire(keyOf('dead'), 'a dead process', 250))).toBe(true)
    expect(await two.canLock('dead')).toBe(false)
    const started = performance.now()
    await two.withLock('dead', () => Promise.resolve(), { timeoutMs: 5_000 })
    expect(performance.now() - started).toBeGreaterThan(50)
  })

  it('16.3 work that takes longer than a lease keeps its locks', async () => {
    await one.withLock(
      ['long-1', 'long-2'],
      async (signal) => {
        for (let check = 0; check < 5; check++) {
          await sleep(100)
          expect(await two.canLock('long-1')).toBe(false)
          expect(await two.canLock('long-2')).toBe(false)
        }
        expect(signal.aborted).toBe(false)
      },
      { leaseMs: 240 },
    )
    expect(await two.canLock('long-1')).toBe(true)
  })

  it('16.3 work whose locks somebody else took is told, and ends as it likes', async () => {
    const outcome = await one.withLock(
      'stolen',
      async (signal) => {
        await one.dataSource.query('delete from aggregate_locks')
        await two.run((locks) => locks.acquire(keyOf('stolen'), 'a thief', 60_000))
        const started = performance.now()
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        expect(performance.now() - started).toBeLessThan(1_000)
        expect(signal.reason).toBeInstanceOf(StorageError)
        expect(() => signal.throwIfAborted()).toThrow('["account","stolen"]')
        return 'done anyway'
      },
      { leaseMs: 300 },
    )
    expect(outcome).toBe('done anyway')
    // Somebody else's lock is left alone.
    expect(await one.canLock('stolen')).toBe(false)
    await two.run((locks) => locks.release([keyOf('stolen')], 'a thief'))
  })

  it('16.3 work whose locks cannot be renewed is told when the lease has run out', async () => {
    const renewals = jest.spyOn(one.database, 'connectAnew')
    await one.withLock(
      'cut-off',
      async (signal) => {
        renewals.mockRejectedValue(new Error('no connection'))
        const started = performance.now()
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        expect(performance.now() - started).toBeLessThan(1_000)
        expect(await two.withLock('cut-off', () => Promise.resolve('theirs'))).toBe('theirs')
        renewals.mockRestore()
      },
      { leaseMs: 300 },
    )
  })

  it('16.3 one renewal that fails is made up for by the next', async () => {
    await one.withLock(
      'hiccup',
      async (signal) => {
        const renewals = jest.spyOn(one.database, 'connectAnew').mockRejectedValueOnce(new Error('hiccup'))
        await sleep(700)
        expect(renewals.mock.calls.length).toBeGreaterThan(2)
        renewals.mockRestore()
        expect(signal.aborted).toBe(false)
      },
      { leaseMs: 450 },
    )
  })

  it('16.2 a lock that was granted after its caller gave up is given back', async () => {
    const connectAnew = one.database.connectAnew.bind(one.database)
    let answer = (): void => undefined
    const answered = new Promise<void>((resolve) => (answer = resolve))
    const slow = jest.spyOn(one.database, 'connectAnew').mockImplementationOnce(async (work) => {
      await answered
      return connectAnew(work)
    })
    await expect(one.withLock('slow', () => Promise.resolve(), { timeoutMs: 10 })).rejects.toThrow(
      LockTimeoutError,
    )
    answer()
    await sleep(100)
    slow.mockRestore()
    expect(await two.canLock('slow')).toBe(true)
  })

  it('16.5 while a transaction is open on the DataSource, others can still lock', async () => {
    const runner = one.dataSource.createQueryRunner()
    await runner.startTransaction()
    const waiting = one.withLock('beside', () => Promise.resolve('done'), { timeoutMs: 5_000 })
    await sleep(50)
    await runner.commitTransaction()
    await runner.release()
    expect(await waiting).toBe('done')
  })
})

it('16.1 a DataSource without the lock table says what to register', async () => {
  const { url, drop } = await createPostgresDatabase()
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    entities: postgresEntities.filter(({ name }) => !/lock/i.test(name)),
    migrations: [...sourcedMigrations],
  })
  await dataSource.initialize()
  await dataSource.runMigrations()
  const process = new Process(dataSource)
  await expect(process.withLock('a', () => Promise.resolve())).rejects.toThrow(SchemaError)
  await expect(process.withLock('a', () => Promise.resolve())).rejects.toThrow('postgresEntities')
  expect(await process.withLock('a', () => Promise.resolve(1), { across: 'process' })).toBe(1)
  await dataSource.destroy()
  await drop()
})

it('10.3 locks leave no connection and no transaction behind', async () => {
  const { processes, drop } = await postgresProcesses(2)
  const round = async (index: number): Promise<void> => {
    const process = processes[index % 2]!
    const id = `leak-${index % 5}`
    const work = async (): Promise<void> => {
      await sleep(1)
      if (index % 3 === 0) throw new Error('failed')
    }
    await process.withLock([id, 'leak'], work, { timeoutMs: (index % 4) * 20 }).catch(() => undefined)
  }
  await Promise.all(Array.from({ length: 100 }, (_, index) => round(index)))
  // A connection goes back at the latest when the event loop turns.
  await loopTurn()
  for (const { dataSource } of processes) {
    const { totalCount, idleCount, waitingCount } = (dataSource.driver as unknown as { master: Pool }).master
    expect({ idleCount, waitingCount }).toEqual({ idleCount: totalCount, waitingCount: 0 })
  }
  expect(await processes[0]!.dataSource.query('select * from aggregate_locks')).toEqual([])
  await Promise.all(processes.map(({ dataSource }) => dataSource.destroy()))
  await drop()
})

interface Pool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
}

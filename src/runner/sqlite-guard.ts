import { AsyncLocalStorage } from 'node:async_hooks'
import type { DataSource, EntityManager, QueryRunner } from 'typeorm'
import { StorageError } from '../errors/index.js'
import { FifoLock } from './fifo-lock.js'

/**
 * TypeORM gives everybody who uses a SQLite DataSource the same query runner. Transactions that overlap then
 * become savepoints of each other: one that was reported as committed disappears when the other rolls back,
 * and plain statements that happen to run meanwhile disappear with it.
 *
 * The guard gives every caller a runner of its own. Runners take turns: a transaction keeps its turn until it
 * ends, a statement outside of one takes a turn for itself. Inside the callback of `dataSource.transaction()`
 * the DataSource hands out the transaction's own runner, so that code which forgets to pass the manager on
 * still takes part in the transaction, as it would without the guard, and does not wait for itself.
 */
export function guardSqlite(dataSource: DataSource, lockTimeoutMs: number): void {
  const driver = dataSource.driver as unknown as SqliteDriver
  if (guarded.has(driver)) return
  guarded.add(driver)
  const guard = new SqliteGuard(driver, lockTimeoutMs)
  driver.createQueryRunner = () => guard.createQueryRunner()
  const manager: Pick<EntityManager, 'transaction'> = dataSource.manager
  manager.transaction = guard.transactionOf(dataSource.manager)
}

/** The runner that really holds the transaction, if this one was borrowed inside of it. */
export function ownRunner(runner: QueryRunner): QueryRunner {
  return (runner as { [LENDER]?: QueryRunner })[LENDER] ?? runner
}

const LENDER = Symbol('lender')
const guarded = new WeakSet<SqliteDriver>()

/** What the guard needs of TypeORM's SQLite drivers and runners beyond their public types. */
interface SqliteDriver {
  readonly databaseConnection: object
  createQueryRunner: (mode: 'master' | 'slave') => QueryRunner
}

type SqliteRunner = QueryRunner & {
  isTransactionActive: boolean
  transactionDepth: number
  stmtCache?: Map<string, unknown>
}

class SqliteGuard {
  private readonly turns = new FifoLock()
  private readonly current = new AsyncLocalStorage<{ readonly runner: SqliteRunner }>()
  private readonly Runner: new (driver: SqliteDriver) => SqliteRunner
  private statements: { readonly connection: object; readonly cache: Map<string, unknown> } | undefined

  constructor(
    private readonly driver: SqliteDriver,
    private readonly lockTimeoutMs: number,
  ) {
    // The runner that TypeORM shared so far keeps working for whoever holds it, under the same rules.
    const shared = driver.createQueryRunner('master') as SqliteRunner
    this.Runner = shared.constructor as new (driver: SqliteDriver) => SqliteRunner
    if (shared.isTransactionActive) {
      throw new StorageError(
        'create store',
        `A transaction is open on this SQLite DataSource already. Create the EventStore right after the DataSource.`,
        false,
        'not-written',
      )
    }
    this.guard(shared)
  }

  createQueryRunner(): QueryRunner {
    const open = this.current.getStore()?.runner
    if (open?.isTransactionActive === true) return lend(open)
    const runner = new this.Runner(this.driver)
    if (runner.stmtCache !== undefined) runner.stmtCache = this.statementCache()
    this.guard(runner)
    return runner
  }

  transactionOf(manager: EntityManager): EntityManager['transaction'] {
    type Work = (inner: EntityManager) => Promise<unknown>
    const original = manager.transaction.bind(manager) as (...parameters: unknown[]) => Promise<unknown>
    const inside =
      (work: Work): Work =>
      (inner) =>
        this.current.run({ runner: inner.queryRunner as SqliteRunner }, () => work(inner))
    return (...parameters: unknown[]) =>
      original(
        ...parameters.map((parameter) =>
          typeof parameter === 'function' ? inside(parameter as Work) : parameter,
        ),
      )
  }

  /** Runners share the prepared statements of one connection, as TypeORM's single runner did. */
  private statementCache(): Map<string, unknown> {
    const connection = this.driver.databaseConnection
    if (this.statements?.connection !== connection) this.statements = { connection, cache: new Map() }
    return this.statements.cache
  }

  private takeTurn(): Promise<() => void> {
    return this.turns.acquire(
      this.lockTimeoutMs,
      () =>
        new StorageError(
          'wait for SQLite',
          `Another transaction of this DataSource did not end within ${this.lockTimeoutMs} ms. ` +
            `If this call was made inside that transaction, make it through the transaction's own manager or query runner.`,
          true,
          'not-written',
        ),
    )
  }

  private guard(runner: SqliteRunner): void {
    const query = runner.query.bind(runner) as (...parameters: unknown[]) => Promise<unknown>
    const start = runner.startTransaction.bind(runner)
    const commit = runner.commitTransaction.bind(runner)
    const rollback = runner.rollbackTransaction.bind(runner)
    const release = runner.release.bind(runner)
    let endTurn: (() => void) | undefined
    const endTurnUnlessActive = (): void => {
      if (runner.isTransactionActive) return
      endTurn?.()
      endTurn = undefined
    }
    Object.assign(runner, {
      query: async (...parameters: unknown[]) => {
        if (endTurn !== undefined) return query(...parameters)
        const end = await this.takeTurn()
        try {
          return await query(...parameters)
        } finally {
          end()
        }
      },
      startTransaction: async (...isolation: Parameters<QueryRunner['startTransaction']>) => {
        endTurn ??= await this.takeTurn()
        try {
          await start(...isolation)
        } catch (error) {
          if (runner.transactionDepth === 0) runner.isTransactionActive = false
          endTurnUnlessActive()
          throw error
        }
      },
      commitTransaction: async () => {
        await commit()
        endTurnUnlessActive()
      },
      rollbackTransaction: async () => {
        try {
          await rollback()
        } catch (error) {
          // SQLite has rolled back by itself (disk full, for example), or the connection is gone.
          if (runner.isTransactionActive && runner.transactionDepth <= 1) abandon(runner)
          throw error
        } finally {
          endTurnUnlessActive()
        }
      },
      release: async () => {
        if (endTurn !== undefined && runner.isTransactionActive) {
          runner.transactionDepth = 1
          await runner.rollbackTransaction().catch(() => undefined)
        }
        await release()
      },
    })
  }
}

function abandon(runner: SqliteRunner): void {
  runner.isTransactionActive = false
  runner.transactionDepth = 0
}

/** The runner of an open transaction, for code inside of it: releasing it, or giving it a manager, is left to its owner. */
function lend(runner: SqliteRunner): QueryRunner {
  return new Proxy<SqliteRunner>(runner, {
    get(target, property) {
      if (property === LENDER) return target
      if (property === 'release') return () => Promise.resolve()
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function'
        ? (value as (...parameters: unknown[]) => unknown).bind(target)
        : value
    },
    set(target, property, value) {
      return property === 'manager' || Reflect.set(target, property, value, target)
    },
  })
}

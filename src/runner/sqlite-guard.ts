import type { DataSource, EntityManager, QueryRunner } from 'typeorm'
import { InvalidArgumentError, StorageError } from '../errors/index.js'
import { AsyncScope, PassingScope } from './async-scope.js'
import { FifoLock } from './fifo-lock.js'
import { GuardedRunner } from './guarded-runner.js'
import type { SqliteRunner } from './guarded-runner.js'
import { lend, LENDER } from './lent-runner.js'

/**
 * TypeORM gives everybody who uses a SQLite DataSource the same query runner. Transactions that overlap then
 * become savepoints of each other: one that was reported as committed disappears when the other rolls back,
 * and plain statements that happen to run meanwhile disappear with it.
 *
 * The guard gives every caller a runner of its own. Runners take turns: a transaction keeps its turn until it
 * ends, a statement outside of one takes a turn for itself. Inside a transaction (its callback, subscribers that
 * it wakes, migrations) the DataSource hands out the transaction's own runner, so that code which forgets to pass
 * the manager on still takes part in it, as it would without the guard, and does not wait for itself.
 */
export function guardSqlite(dataSource: DataSource, lockTimeoutMs: number | undefined): void {
  const driver = driverOf(dataSource)
  const known = guards.get(driver)
  if (known !== undefined) {
    if (lockTimeoutMs !== undefined) known.lockTimeoutMs = lockTimeoutMs
    return
  }
  const guard = new SqliteGuard(driver, lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS)
  guard.install(dataSource)
  guards.set(driver, guard)
}

/** Refuses to do without the guard on a DataSource that has it. */
export function assertNotGuarded(dataSource: DataSource): void {
  if (guards.has(driverOf(dataSource))) {
    throw new InvalidArgumentError(
      `'guardSqlite: false' comes too late: openSqlite, or another EventStore, guards this DataSource already.`,
    )
  }
}

/** The runner of the transaction that the caller runs inside, without making one to find out. */
export function runnerInScope(dataSource: DataSource): QueryRunner | undefined {
  const guard = guards.get(driverOf(dataSource))
  // Without the guard everybody shares one runner.
  return guard === undefined ? dataSource.createQueryRunner('master') : guard.openRunner()
}

/** The runner that really holds the transaction, if this one was borrowed inside of it. */
export function ownRunner(runner: QueryRunner): QueryRunner {
  return (runner as { [LENDER]?: QueryRunner })[LENDER] ?? runner
}

const DEFAULT_LOCK_TIMEOUT_MS = 30_000
const guards = new WeakMap<SqliteDriver, SqliteGuard>()

/** What the guard needs of TypeORM's SQLite drivers beyond their public types. */
interface SqliteDriver {
  readonly databaseConnection: object
  createQueryRunner: (mode: 'master' | 'slave') => QueryRunner
  disconnect: () => Promise<void>
}

function driverOf({ driver }: DataSource): SqliteDriver {
  return driver as unknown as SqliteDriver
}

/** Code that runs inside one transaction, or is about to begin some. It may outlive them: timers, queues. */
interface Scope {
  runner: SqliteRunner | undefined
  /** Which of the runner's transactions it is. */
  transaction: number | undefined
  /** Whether transactions that begin in it become its own: true while migrations run. */
  adopting: boolean
  /** Nested transactions of code that borrows the runner take turns too. */
  readonly nested: FifoLock
}

class SqliteGuard {
  private turns = new FifoLock()
  private readonly current = new AsyncScope<Scope>()
  private readonly migrating = new PassingScope<Scope>()
  /** How many transactions each runner has begun. */
  private readonly begun = new WeakMap<SqliteRunner, number>()
  private readonly Runner: new (driver: SqliteDriver) => SqliteRunner
  private statements: { readonly connection: object; readonly cache: Map<string, unknown> } | undefined

  constructor(
    private readonly driver: SqliteDriver,
    public lockTimeoutMs: number,
  ) {
    const shared = driver.createQueryRunner('master') as SqliteRunner
    if (shared.isTransactionActive) {
      throw new StorageError(
        'create store',
        `A transaction is open on this SQLite DataSource already. Create the EventStore right after the DataSource.`,
        false,
        'not-written',
      )
    }
    this.Runner = shared.constructor as new (driver: SqliteDriver) => SqliteRunner
    // The runner that TypeORM shared so far keeps working for whoever holds it, under the same rules.
    this.guard(shared)
  }

  install(dataSource: DataSource): void {
    const { driver } = this
    const disconnect = driver.disconnect.bind(driver)
    driver.createQueryRunner = () => this.createQueryRunner()
    driver.disconnect = async () => {
      // Transactions that were left open end with the connection, and nobody has to wait for them.
      this.turns = new FifoLock()
      await disconnect()
    }
    this.wrapTransaction(dataSource.manager)
    const createEntityManager = dataSource.createEntityManager.bind(dataSource)
    dataSource.createEntityManager = (runner) => {
      const manager = createEntityManager(runner)
      this.wrapTransaction(manager)
      return manager
    }
    for (const method of ['runMigrations', 'undoLastMigration'] as const) {
      const original = dataSource[method].bind(dataSource) as (...parameters: unknown[]) => Promise<unknown>
      const wrapped = (...parameters: unknown[]): Promise<unknown> => {
        const scope: Scope = {
          runner: undefined,
          transaction: undefined,
          adopting: true,
          nested: new FifoLock(),
        }
        return this.migrating.run(scope, () =>
          original(...parameters).finally(() => {
            scope.adopting = false
          }),
        )
      }
      Object.assign(dataSource, { [method]: wrapped })
    }
  }

  /** The scope of a transaction that has ended, which its code left behind, hides no migration. */
  private get scope(): Scope | undefined {
    const current = this.current.getStore()
    return this.openIn(current) === undefined ? (this.migrating.getStore() ?? current) : current
  }

  openRunner(): SqliteRunner | undefined {
    return this.openIn(this.scope)
  }

  /** The runner of a scope, if the scope's transaction is still open. */
  private openIn(scope: Scope | undefined): SqliteRunner | undefined {
    const open = scope?.runner
    return open?.isTransactionActive === true && this.begun.get(open) === scope?.transaction
      ? open
      : undefined
  }

  private createQueryRunner(): QueryRunner {
    const open = this.openRunner()
    if (open !== undefined) return lend(open, this.scope!.nested)
    const runner = new this.Runner(this.driver)
    if (runner.stmtCache !== undefined) runner.stmtCache = this.statementCache()
    this.guard(runner)
    return runner
  }

  private guard(runner: SqliteRunner): void {
    new GuardedRunner(runner, {
      takeTurnNow: () => this.turns.acquireNow(),
      takeTurn: () => this.takeTurn(),
      started: () => this.enter(runner),
      inside: (work) => this.current.run(this.scopeOf(runner), work),
    })
  }

  private enter(runner: SqliteRunner): void {
    if (runner.transactionDepth > 1) return
    this.begun.set(runner, (this.begun.get(runner) ?? 0) + 1)
    const { scope } = this
    if (scope?.adopting !== true) return
    if (scope.runner !== runner && scope.runner?.isTransactionActive === true) return
    scope.runner = runner
    scope.transaction = this.begun.get(runner)
  }

  private scopeOf(runner: SqliteRunner): Scope {
    return { runner, transaction: this.begun.get(runner), adopting: false, nested: new FifoLock() }
  }

  /** Makes a manager's `transaction()` run its callback inside the transaction's scope. */
  private wrapTransaction(manager: EntityManager): void {
    type Work = (inner: EntityManager) => Promise<unknown>
    const original = manager.transaction.bind(manager) as (...parameters: unknown[]) => Promise<unknown>
    const inside =
      (work: Work): Work =>
      (inner) => {
        const runner = ownRunner(inner.queryRunner!) as SqliteRunner
        return this.current.run(this.scopeOf(runner), () => work(inner))
      }
    const transaction = (...parameters: unknown[]): Promise<unknown> =>
      original(
        ...parameters.map((parameter) =>
          typeof parameter === 'function' ? inside(parameter as Work) : parameter,
        ),
      )
    Object.assign(manager, { transaction })
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
}

import type { DataSource, QueryRunner } from 'typeorm'
import type { Dialect } from '../../entities/index.js'
import { InvalidArgumentError } from '../errors/index.js'
import type { InspectedTable } from '../sql/inspected-table.js'
import { inspectTable as inspectPostgresTable } from '../sql/postgres/inspect-table.js'
import { postgresStatements } from '../sql/postgres/index.js'
import { probeTransaction } from '../sql/postgres/probe-transaction.js'
import { inspectTable as inspectSqliteTable } from '../sql/sqlite/inspect-table.js'
import { sqliteStatements } from '../sql/sqlite/index.js'
import type { Statements } from '../sql/statements.js'
import { assertSchema, streamKeyOf } from './check-schema.js'
import { Connection } from './connection.js'
import type { DatabaseOptions } from './database-options.js'
import { FifoLock } from './fifo-lock.js'
import { runnerOf } from './host.js'
import type { Host } from './host.js'
import { resolveTables } from './resolve-tables.js'
import { runStatement } from './run-statement.js'
import { guardSqlite, ownRunner } from './sqlite-guard.js'
import { TransactionHooks } from './transaction-hooks.js'

/** A store's way to its DataSource: hands out connections, joins host transactions, checks the schema once. */
export class Database {
  readonly dialect: Dialect
  private readonly hooks: TransactionHooks
  private readonly turns = new WeakMap<QueryRunner, FifoLock>()
  private readonly raisedInside = new WeakMap<Error, QueryRunner>()
  private compiled: Statements | undefined

  constructor(
    readonly dataSource: DataSource,
    readonly options: DatabaseOptions,
  ) {
    this.dialect = dialectOf(dataSource)
    if (this.dialect === 'sqlite' && options.guardSqlite) guardSqlite(dataSource, options.sqliteLockTimeoutMs)
    this.hooks = new TransactionHooks(
      this.dialect === 'postgres' ? (runner) => runStatement(runner, probeTransaction, false) : undefined,
    )
  }

  /**
   * Runs `work` on one connection: the host's if it is bound to one, else one from the pool, on the primary,
   * which is given back afterwards. Work on a host's connection takes turns, because overlapping savepoints
   * would end each other.
   */
  async connect<Result>(
    host: Host | undefined,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> {
    if (!this.dataSource.isInitialized) {
      throw new InvalidArgumentError(
        'The DataSource is not open. Call `await dataSource.initialize()` first.',
      )
    }
    const bound = runnerOf(host ?? this.options.manager?.() ?? this.dataSource.manager)
    if (bound !== undefined) return this.onBorrowed(bound, work)
    return this.connectAnew(work)
  }

  /** Runs `work` on a connection from the pool, whatever the host is bound to. */
  async connectAnew<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const runner = this.dataSource.createQueryRunner('master')
    // Inside a transaction on SQLite the DataSource lends out the transaction's own runner.
    if (runner.isTransactionActive) return this.onBorrowed(runner, work)
    try {
      return await work(await this.connectionOn(runner))
    } finally {
      await runner.release()
    }
  }

  /** Verifies that tables, columns, keys and triggers are there; throws `SchemaError`. Asks the database again. */
  async verifySchema(host?: Host): Promise<void> {
    this.compiled = undefined
    await this.connect(host, () => Promise.resolve())
  }

  /** Whether an error was raised inside a host's transaction that is still open: trying again is up to its host. */
  wasRaisedInside(error: unknown): boolean {
    for (let link = error; link instanceof Error; link = link.cause) {
      if (this.raisedInside.get(link)?.isTransactionActive === true) return true
    }
    return false
  }

  /** Whether work for this host would take part in a transaction that somebody else ends. */
  joins(host: Host | undefined): boolean {
    const bound = runnerOf(host ?? this.options.manager?.() ?? this.dataSource.manager)
    if (bound !== undefined) return bound.isTransactionActive
    return this.dialect === 'sqlite' && this.dataSource.createQueryRunner('master').isTransactionActive
  }

  private async onBorrowed<Result>(
    runner: QueryRunner,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> {
    const own = ownRunner(runner)
    let turns = this.turns.get(own)
    if (turns === undefined) this.turns.set(own, (turns = new FifoLock()))
    const endTurn = await turns.acquire()
    try {
      return await work(await this.connectionOn(own))
    } catch (error) {
      if (error instanceof Error && own.isTransactionActive) this.raisedInside.set(error, own)
      throw error
    } finally {
      endTurn()
    }
  }

  private async connectionOn(runner: QueryRunner): Promise<Connection> {
    const prepared = this.dialect === 'postgres' && this.options.preparedStatements
    return new Connection(runner, await this.statements(runner), this.hooks, prepared)
  }

  /**
   * Each of several first callers compiles on its own connection: waiting for one another could deadlock when
   * one of them has the only turn on SQLite.
   */
  private async statements(runner: QueryRunner): Promise<Statements> {
    this.compiled ??= await this.compile(runner)
    return this.compiled
  }

  private async compile(runner: QueryRunner): Promise<Statements> {
    const { tables, eventMetadata, snapshotMetadata } = resolveTables(
      this.dataSource,
      this.dialect,
      this.options,
    )
    const inspect = (table: string): Promise<InspectedTable> =>
      runStatement(
        runner,
        this.dialect === 'postgres'
          ? inspectPostgresTable(table, tables.events.position)
          : inspectSqliteTable(table),
        false,
      )
    const events = await inspect(tables.events.table)
    const snapshots = await inspect(tables.snapshots.table)
    assertSchema(this.dialect, eventMetadata, events, snapshotMetadata, snapshots)
    return this.dialect === 'postgres'
      ? postgresStatements(tables, events.positionSequence ?? '', streamKeyOf(eventMetadata, events))
      : sqliteStatements(tables)
  }
}

const SQLITE_TYPES: readonly string[] = ['better-sqlite3', 'sqlite']

function dialectOf(dataSource: DataSource): Dialect {
  const { type } = dataSource.options
  if (type === 'postgres') return 'postgres'
  if (SQLITE_TYPES.includes(type)) return 'sqlite'
  throw new InvalidArgumentError(
    `A DataSource of type '${type}' is not supported. Use 'postgres', 'better-sqlite3', or 'sqlite' with TypeORM 0.3.`,
  )
}

import type { DataSource, QueryRunner } from 'typeorm'
import type { Dialect } from '../../entities/index.js'
import { InvalidArgumentError, StorageError } from '../errors/index.js'
import { postgresStatements } from '../sql/postgres/index.js'
import { probeTransaction } from '../sql/postgres/probe-transaction.js'
import { sqliteStatements } from '../sql/sqlite/index.js'
import type { Statements } from '../sql/statements.js'
import { assertDataSource } from './assert-data-source.js'
import { assertHostColumns, assertSchema, streamKeyOf } from './check-schema.js'
import { keepClientErrors } from './client-errors.js'
import { BetterSqlite3Client } from './better-sqlite3-client.js'
import { Connection, discardConnection } from './connection.js'
import type { DatabaseOptions } from './database-options.js'
import { faultOf } from './fault.js'
import { runnerOf } from './host.js'
import type { Host } from './host.js'
import { inspectSchema } from './inspect-schema.js'
import { PostgresTransaction, RunnerTransaction } from './own-transaction.js'
import { PostgresClient } from './postgres-client.js'
import { RecentRunners } from './recent-runners.js'
import type { ConnectedRunner } from './recent-runners.js'
import { resolveTables, tablesOf } from './resolve-tables.js'
import type { ResolvedTables } from './resolve-tables.js'
import { RowTables } from './row-tables.js'
import { runStatement } from './run-statement.js'
import { Sender } from './sender.js'
import { assertNotGuarded, guardSqlite, ownRunner, runnerInScope } from './sqlite-guard.js'
import { hooksOf } from './transaction-hooks.js'
import type { JoinedTransaction, TransactionHooks } from './transaction-hooks.js'
import { scopesOf } from './transaction-scopes.js'
import type { ManagerSource, TransactionScopes } from './transaction-scopes.js'

/** A store's way to its DataSource: hands out connections, joins host transactions, checks the schema once. */
export class Database {
  readonly dialect: Dialect
  readonly rowTables: RowTables
  private readonly hooks: TransactionHooks
  private readonly scopes: TransactionScopes
  private readonly managerSource: ManagerSource
  private readonly recent: RecentRunners
  private readonly raisedInside = new WeakMap<Error, QueryRunner>()
  private compiled: Statements | undefined
  private resolved: ResolvedTables | undefined

  constructor(
    readonly dataSource: DataSource,
    readonly options: DatabaseOptions,
  ) {
    assertDataSource(dataSource)
    this.dialect = dialectOf(dataSource)
    if (this.dialect === 'sqlite' && options.guardSqlite) guardSqlite(dataSource, options.sqliteLockTimeoutMs)
    if (this.dialect === 'sqlite' && !options.guardSqlite) assertNotGuarded(dataSource)
    this.managerSource = options.manager ?? (() => dataSource.manager)
    this.recent = new RecentRunners(dataSource)
    this.scopes = scopesOf(dataSource)
    this.scopes.watchDataSource()
    if (options.manager !== undefined) this.scopes.addSource(options.manager)
    this.rowTables = new RowTables(dataSource, this.dialect)
    this.hooks = hooksOf(
      dataSource,
      this.dialect === 'postgres' ? (runner) => runStatement(runner, probeTransaction, undefined) : undefined,
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
    expected?: JoinedTransaction,
  ): Promise<Result> {
    this.assertOpen()
    const bound = this.boundRunner(host)
    if (bound !== undefined) return this.onBorrowed(ownRunner(bound), work, expected)
    assertNotEnding(expected)
    this.scopes.assertConnectionLeft()
    return this.connectAnew(work)
  }

  /** The tables as the DataSource's entities describe them. Throws `SchemaError` if one is missing. */
  get tables(): ResolvedTables {
    if (this.resolved === undefined) this.assertOpen()
    return (this.resolved ??= resolveTables(this.dataSource, this.dialect, this.options))
  }

  /** Runs `work` on a connection from the pool, whatever the host is bound to. */
  async connectAnew<Result>(
    work: (connection: Connection) => Promise<Result>,
    staleBefore = 0,
  ): Promise<Result> {
    // Inside a transaction on SQLite the DataSource lends out the transaction's own runner.
    const open = this.dialect === 'sqlite' ? runnerInScope(this.dataSource) : undefined
    if (open?.isTransactionActive === true) return this.onBorrowed(ownRunner(open), work)
    const recent = this.recent.take()
    const runner = recent?.runner ?? this.newRunner()
    try {
      const used = recent ?? { runner, client: (await runner.connect()) as unknown, uses: 0 }
      if (hasForeignTransaction(runner, used.client)) throw new StaleConnection(foreignTransaction())
      this.compiled ??= await this.compile(runner)
      const result = await work(this.connectionOn(used, this.compiled, undefined))
      if (!this.recent.keep(used)) await runner.release()
      return result
    } catch (error) {
      const isStale = error instanceof StaleConnection || faultOf(error).kind === 'stale-statement'
      if (isStale) await discardConnection(runner, error)
      await runner.release()
      if (!isStale) throw error
      if (staleBefore === MAX_STALE_CONNECTIONS) throw error instanceof StaleConnection ? error.cause : error
    }
    // Nothing was run, and the connection is closed. Every connection of the pool may be like that once.
    return this.connectAnew(work, staleBefore + 1)
  }

  private newRunner(): QueryRunner {
    if (this.dialect === 'postgres') keepClientErrors(this.dataSource)
    return this.dataSource.createQueryRunner('master')
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
    return this.joinedTransaction(host) !== undefined
  }

  /** The open transaction that work for this host would take part in. */
  joinedTransaction(host: Host | undefined): JoinedTransaction | undefined {
    const bound = this.boundRunner(host)
    // Inside a transaction on SQLite the DataSource lends out the transaction's own runner.
    const runner = bound ?? (this.dialect === 'sqlite' ? runnerInScope(this.dataSource) : undefined)
    return runner?.isTransactionActive === true ? this.hooks.watch(ownRunner(runner)) : undefined
  }

  private boundRunner(host: Host | undefined): QueryRunner | undefined {
    if (host === undefined) return this.scopes.resolve(this.managerSource)
    const runner = runnerOf(host)
    this.scopes.assertUsable(runner)
    return runner
  }

  private assertOpen(): void {
    if (this.dataSource.isInitialized) return
    throw new InvalidArgumentError('The DataSource is not open. Call `await dataSource.initialize()` first.')
  }

  /**
   * Whether work for this host would run on a connection from the pool, which nobody else uses meanwhile. Throws where
   * `connect` would: the work itself may run for others too, and knows nothing of this call.
   */
  takesFromPool(host: Host | undefined): boolean {
    this.assertOpen()
    if (this.boundRunner(host) !== undefined) return false
    if (this.dialect === 'sqlite') return runnerInScope(this.dataSource)?.isTransactionActive !== true
    this.scopes.assertConnectionLeft()
    return true
  }

  private async onBorrowed<Result>(
    runner: QueryRunner,
    work: (connection: Connection) => Promise<Result>,
    expected?: JoinedTransaction,
  ): Promise<Result> {
    // What is asked for while the transaction is open belongs to that transaction, or fails.
    const asked = expected ?? (runner.isTransactionActive ? this.hooks.watch(runner) : undefined)
    assertNotEnding(asked)
    const endTurn = await this.hooks.takeTurn(runner)
    try {
      assertNotEnding(asked)
      const joined = asked ?? (runner.isTransactionActive ? this.hooks.watch(runner) : undefined)
      const client: unknown = await runner.connect()
      if (joined === undefined && hasForeignTransaction(runner, client)) throw foreignTransaction()
      this.compiled ??= await this.compile(runner)
      return await work(this.connectionOn({ runner, client }, this.compiled, joined))
    } catch (error) {
      if (error instanceof Error && runner.isTransactionActive) this.raisedInside.set(error, runner)
      throw error
    } finally {
      endTurn()
    }
  }

  private connectionOn(
    { runner, client }: Omit<ConnectedRunner, 'uses'>,
    statements: Statements,
    joined: JoinedTransaction | undefined,
  ): Connection {
    if (this.dialect === 'sqlite') {
      const sender = new Sender(runner, BetterSqlite3Client.on(runner, client))
      return new Connection(runner, statements, joined, sender, new RunnerTransaction(runner), this.rowTables)
    }
    const postgres = new PostgresClient(runner, client)
    const sender = new Sender(runner, this.options.preparedStatements ? postgres : undefined)
    const own = new PostgresTransaction(runner, postgres, sender)
    return new Connection(runner, statements, joined, sender, own, this.rowTables)
  }

  /**
   * Each of several first callers compiles on its own connection: waiting for one another could deadlock when one of them
   * has the only turn on SQLite.
   */
  private async compile(runner: QueryRunner): Promise<Statements> {
    const resolved = this.tables
    assertHostColumns(resolved)
    const checked = await inspectSchema(runner, this.dialect, resolved)
    assertSchema(this.dialect, checked)
    const { metadata, table } = checked.events
    const types = new Map(
      [checked.events, checked.snapshots, ...checked.others].map((each) => [
        each.metadata,
        new Map(each.table.columns.map(({ name, castType }) => [name, castType])),
      ]),
    )
    const tables = tablesOf(resolved, (entity) => types.get(entity)!)
    return this.dialect === 'postgres'
      ? postgresStatements(tables, table.positionSequence ?? '', streamKeyOf(metadata, table))
      : sqliteStatements(tables)
  }
}

/** More than any pool has connections. */
const MAX_STALE_CONNECTIONS = 200

/** A connection of the pool that nobody should use any more. */
class StaleConnection extends Error {
  constructor(override readonly cause: unknown) {
    super('stale connection')
  }
}

/** Whether somebody began a transaction on this connection behind TypeORM's back, whose end nobody would hear of. */
function hasForeignTransaction(runner: QueryRunner, client: unknown): boolean {
  const status = (client as { getTransactionStatus?: () => string | null }).getTransactionStatus?.()
  return !runner.isTransactionActive && (status === 'T' || status === 'E')
}

function foreignTransaction(): InvalidArgumentError {
  return new InvalidArgumentError(
    'A transaction is open on this connection that was not begun through TypeORM. Begin and end transactions with ' +
      'dataSource.transaction() or queryRunner.startTransaction(), so that the store can take part in them.',
  )
}

function assertNotEnding(joined: JoinedTransaction | undefined): void {
  if (joined?.ending === undefined) return
  throw new StorageError(
    'append',
    'The transaction ended before this call could take part in it. Nothing was written. Await everything that belongs ' +
      'to a transaction before its callback returns.',
    false,
    'not-written',
  )
}

const SQLITE_TYPES: readonly string[] = ['better-sqlite3', 'sqlite']

/** Throws `InvalidArgumentError` for a database that the module does not speak to. */
export function dialectOf(dataSource: DataSource): Dialect {
  const { type } = dataSource.options
  if (type === 'postgres') return 'postgres'
  if (SQLITE_TYPES.includes(type)) return 'sqlite'
  throw new InvalidArgumentError(
    `A DataSource of type '${type}' is not supported. Use 'postgres', 'better-sqlite3', or 'sqlite' with TypeORM 0.3.`,
  )
}

import type { QueryRunner } from 'typeorm'
import type { Row, Statement } from '../sql/statement.js'
import { turnOf } from './guarded-runner.js'
import { dataSourceOf } from './host.js'
import { QueryLog } from './query-log.js'

/** What this module uses of a better-sqlite3 connection. */
interface SqliteConnection {
  prepare(text: string): SqliteStatement
}

interface SqliteStatement {
  /** Whether it returns rows. */
  readonly reader: boolean
  all(...values: unknown[]): Row[]
  run(...values: unknown[]): unknown
}

const prepared = new WeakMap<SqliteConnection, Map<string, SqliteStatement>>()

/**
 * The better-sqlite3 connection of a query runner, which answers at once: TypeORM's own query() waits eight times around it,
 * which takes 3 of the 50 µs of a commit. Logging stays TypeORM's.
 */
export class BetterSqlite3Client {
  constructor(
    private readonly runner: QueryRunner,
    private readonly connection: SqliteConnection,
  ) {}

  /** `undefined` where statements have to go through TypeORM: on another driver, or because subscribers are to be told of them. */
  static on(runner: QueryRunner, connection: unknown): BetterSqlite3Client | undefined {
    const { options, subscribers } = dataSourceOf(runner)
    if (options.type !== 'better-sqlite3' || subscribers.length > 0) return undefined
    return new BetterSqlite3Client(runner, connection as SqliteConnection)
  }

  async run({ text, parameters }: Statement<unknown>): Promise<readonly Row[]> {
    const turn = turnOf(this.runner)
    const endTurn = typeof turn === 'function' ? turn : await turn
    try {
      return this.execute(text, parameters)
    } finally {
      endTurn()
    }
  }

  private execute(text: string, parameters: readonly unknown[]): readonly Row[] {
    // better-sqlite3 takes no booleans.
    const values = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value))
    const log = new QueryLog(this.runner, text, values)
    try {
      const statement = this.statementFor(text)
      const rows = statement.reader ? statement.all(...values) : []
      if (!statement.reader) statement.run(...values)
      log.done()
      return rows
    } catch (error) {
      log.failed(error)
      throw error
    }
  }

  private statementFor(text: string): SqliteStatement {
    let known = prepared.get(this.connection)
    if (known === undefined) prepared.set(this.connection, (known = new Map<string, SqliteStatement>()))
    let statement = known.get(text)
    if (statement === undefined) known.set(text, (statement = this.connection.prepare(text)))
    return statement
  }
}

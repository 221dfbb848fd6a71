import { createHash } from 'node:crypto'
import type { QueryRunner } from 'typeorm'
import { StorageError } from '../errors/index.js'
import type { Row, Statement } from '../sql/statement.js'
import { PreparedQuery } from './prepared-query.js'
import type { ParserOf } from './prepared-query.js'
import { QueryLog } from './query-log.js'
import { StatementBatch } from './statement-batch.js'
import type { Submittable } from './statement-batch.js'

/** What this module uses of a pg client. */
interface PgClient {
  query(config: { name?: string; text: string; values?: unknown[] }): Promise<PgResult>
  query(submittable: Submittable): void
  /** Whether pg sends each query before the one ahead of it is answered, which leaves no place for several in one. */
  readonly pipeline?: boolean
  /** Speaks the protocol; pg's native client has none. */
  readonly connection?: { readonly bind?: unknown }
  readonly getTypeParser: ParserOf
}

interface PgResult {
  readonly command: string
  readonly rows: readonly Row[]
}

/** A statement on its way, and who waits for its rows. */
export interface Sending {
  readonly statement: Statement<unknown>
  readonly resolve: (rows: readonly Row[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * The pg client of a query runner. TypeORM's own query() has Postgres parse and plan a statement each time, and
 * waits for each answer before the next is sent; a named statement is planned once a connection, which halves the cost
 * of a commit. Logging stays TypeORM's.
 */
export class PostgresClient {
  private readonly client: PgClient

  /** `client`: what the runner's connect() gave. */
  constructor(
    private readonly runner: QueryRunner,
    client: unknown,
  ) {
    this.client = client as PgClient
  }

  /** Whether several statements can be sent at once; pg's native client and its pipeline mode have no way to. */
  get canBatch(): boolean {
    return this.client.pipeline !== true && this.client.connection?.bind !== undefined
  }

  /** Runs one statement, prepared by the server. */
  run(statement: Statement<unknown>): Promise<readonly Row[]> {
    if (!this.canBatch) return this.runAlone(statement)
    return new Promise((resolve, reject) => this.runTogether([{ statement, resolve, reject }]))
  }

  /** Sends statements at once. When one fails, the server skips those after it, and their callers get its error. */
  runTogether(sendings: readonly Sending[]): void {
    try {
      this.assertOpen()
      this.client.query(new StatementBatch(sendings.map((sending) => this.queryOf(sending))))
    } catch (error) {
      for (const { reject } of sendings) reject(error)
    }
  }

  private async runAlone({ text, parameters }: Statement<unknown>): Promise<readonly Row[]> {
    this.assertOpen()
    const values = [...parameters]
    const log = new QueryLog(this.runner, text, values)
    try {
      const { rows } = await this.client.query({ name: statementName(text), text, values })
      log.done()
      return rows
    } catch (error) {
      log.failed(error)
      throw error
    }
  }

  /** Runs BEGIN, COMMIT or ROLLBACK; gives what the server says it did. */
  async control(text: string): Promise<string> {
    this.assertOpen()
    const log = new QueryLog(this.runner, text, undefined)
    try {
      const { command } = await this.client.query({ text })
      log.done()
      return command
    } catch (error) {
      log.failed(error)
      throw error
    }
  }

  private queryOf({ statement: { text, parameters }, resolve, reject }: Sending): PreparedQuery {
    const log = new QueryLog(this.runner, text, [...parameters])
    let answer!: (error: Error | null, rows: () => Row[]) => void
    // A logger of the host's, or a parser, that throws inside of pg would end the process; and a logger wants its caller's context.
    new Promise<() => Row[]>((answered, failed) => {
      answer = (error, rows) => {
        if (error === null) answered(rows)
        else failed(error)
      }
    })
      .then(
        (rows) => {
          log.done()
          return rows()
        },
        (error: unknown) => {
          log.failed(error)
          throw error
        },
      )
      .then(resolve, reject)
    const { client } = this
    return new PreparedQuery(
      statementName(text),
      text,
      parameters,
      (oid, format) => client.getTypeParser(oid, format),
      answer,
    )
  }

  /** After a lost connection a runner still hands out its client, which may serve somebody else by now. */
  private assertOpen(): void {
    if (!this.runner.isReleased) return
    throw new StorageError(
      'run',
      'The connection that this store is bound to is gone: its transaction ended or it broke.',
      true,
      'not-written',
    )
  }
}

const names = new Map<string, string>()

/** The same text gets the same name in every process, so that poolers may share what they prepared. */
function statementName(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = `sourced_${createHash('sha256').update(text).digest('base64url').slice(0, 20)}`
    names.set(text, name)
  }
  return name
}

import type { PgConnection, PreparedQuery, ResultColumn } from './prepared-query.js'

/** What pg's client asks of a query. */
export interface Submittable {
  callback: (error?: Error | null) => void
  submit(connection: PgConnection): Error | null
}

/**
 * Queries that go to the server in one write with one Sync at their end: one round trip, and after an error the server
 * skips the rest. That makes it safe to send BEGIN along: nothing runs without it. Without BEGIN they are one
 * transaction, which ends with the Sync: no query has its answer before the server is ready again, and all of them fail
 * with the one that failed.
 */
export class StatementBatch implements Submittable {
  /** pg puts its timeouts around it; who waits for an answer waits at the queries. */
  callback: (error?: Error | null) => void = () => undefined
  private current = 0
  private hasFailed = false

  constructor(private readonly queries: readonly PreparedQuery[]) {}

  /** pg keeps track of prepared statements by the name of the query that it is at. */
  get name(): string | undefined {
    return this.queries[this.current]?.name
  }

  get text(): string | undefined {
    return this.queries[this.current]?.text
  }

  submit(connection: PgConnection): Error | null {
    const { parsedStatements, stream } = connection
    const { queries } = this
    stream.cork()
    try {
      queries.forEach((query, nth) => {
        const isSent = queries.findIndex(({ name }) => name === query.name) < nth
        query.send(connection, isSent || parsedStatements[query.name] !== undefined)
      })
      return null
    } finally {
      connection.sync()
      stream.uncork()
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly ResultColumn[] }): void {
    this.queries[this.current]?.describe(fields)
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.queries[this.current]?.addRow(fields)
  }

  handleCommandComplete(): void {
    this.current++
  }

  handleReadyForQuery(): void {
    if (!this.hasFailed) for (const query of this.queries) query.succeed()
    this.callback(null)
  }

  handleError(error: Error): void {
    // After a timeout of the client's the server still answers.
    if (this.hasFailed) return
    this.hasFailed = true
    for (const query of this.queries) query.fail(error)
    this.callback(error)
  }
}

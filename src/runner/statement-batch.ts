/** What pg's client asks of a query. */
export interface Submittable {
  callback: (error?: Error | null) => void
  submit(connection: PgConnection): Error | null
}

/** What pg's own query class does with the answers of the server. */
export interface BatchedQuery {
  readonly name: string
  readonly text: string
  submit(connection: PgConnection): Error | null
  handleRowDescription(message: unknown): void
  handleDataRow(message: unknown): void
  handleCommandComplete(message: unknown, connection: PgConnection): void
  handleReadyForQuery(connection: PgConnection): void
  handleError(error: Error, connection: PgConnection): void
}

/** What is needed of pg's connection beneath its client. */
interface PgConnection {
  readonly stream: { cork(): void; uncork(): void }
  /** The texts of statements that the server has prepared. */
  readonly parsedStatements: Record<string, string>
  /** Those of statements that were sent to be prepared and not yet answered; only newer versions of pg have it. */
  readonly submittedNamedStatements?: Record<string, string>
  sync(): void
}

/**
 * Several queries that go to the server in one write with one Sync at their end: one round trip, and after an error the
 * server skips the rest. That makes it safe to send BEGIN along: nothing runs without it. Without BEGIN they are one
 * transaction, which ends with the Sync: no query has its answer before the server is ready again, and all of them fail
 * with the one that failed.
 */
export class StatementBatch implements Submittable {
  /** pg puts its timeouts around it; who waits for an answer waits at the queries. */
  callback: (error?: Error | null) => void = () => undefined
  private readonly sent: BatchedQuery[] = []
  private current = 0
  private hasFailed = false

  constructor(private readonly queries: readonly BatchedQuery[]) {}

  /** pg keeps track of prepared statements by the name of the query that it is at. */
  get name(): string | undefined {
    return this.sent[this.current]?.name
  }

  get text(): string | undefined {
    return this.sent[this.current]?.text
  }

  submit(connection: PgConnection): Error | null {
    // Older versions of pg would have the server prepare a statement twice whose first answer is still on its way.
    const parsedStatements = Object.create(connection.parsedStatements) as Record<string, string>
    const withoutSync = Object.create(connection, {
      sync: { value: () => undefined },
      parsedStatements: { value: parsedStatements },
    }) as PgConnection
    connection.stream.cork()
    try {
      for (const query of this.queries) {
        const problem = query.submit(withoutSync)
        if (problem === null) {
          this.sent.push(query)
          parsedStatements[query.name] = query.text
        } else query.handleError(problem, connection)
      }
      return null
    } finally {
      connection.sync()
      connection.stream.uncork()
    }
  }

  handleRowDescription(message: unknown): void {
    this.sent[this.current]?.handleRowDescription(message)
  }

  handleDataRow(message: unknown): void {
    this.sent[this.current]?.handleDataRow(message)
  }

  handleCommandComplete(message: unknown, connection: PgConnection): void {
    this.sent[this.current]?.handleCommandComplete(message, connection)
    this.current++
  }

  handleReadyForQuery(connection: PgConnection): void {
    if (!this.hasFailed) for (const query of this.sent) query.handleReadyForQuery(connection)
    this.callback(null)
  }

  handleError(error: Error, connection: PgConnection): void {
    // The server skipped what comes after its error, so it is not prepared. After a timeout of the client's it still answers.
    if ('severity' in error) this.forgetSkipped(connection)
    if (this.hasFailed) return
    this.hasFailed = true
    // A connection that is lost already was never submitted to.
    for (const query of this.sent.length === 0 ? this.queries : this.sent)
      query.handleError(error, connection)
    this.callback(error)
  }

  private forgetSkipped({ submittedNamedStatements }: PgConnection): void {
    if (submittedNamedStatements === undefined) return
    for (const { name } of this.sent.slice(this.current))
      Reflect.deleteProperty(submittedNamedStatements, name)
  }
}

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
  /** The texts of statements that were sent to be prepared and not yet answered; only newer versions of pg have it. */
  readonly submittedNamedStatements?: Record<string, string>
  sync(): void
}

/**
 * Several queries that go to the server in one write with one Sync at their end: one round trip, and after an error the
 * server skips the rest. That makes it safe to send BEGIN along: nothing runs without it. Each query gets its own
 * answer.
 */
export class StatementBatch implements Submittable {
  /** pg puts its timeouts around it; who waits for an answer waits at the queries. */
  callback: (error?: Error | null) => void = () => undefined
  private readonly sent: BatchedQuery[] = []
  private current = 0

  constructor(private readonly queries: readonly BatchedQuery[]) {}

  /** pg keeps track of prepared statements by the name of the query that it is at. */
  get name(): string | undefined {
    return this.sent[this.current]?.name
  }

  get text(): string | undefined {
    return this.sent[this.current]?.text
  }

  submit(connection: PgConnection): Error | null {
    const withoutSync = Object.create(connection, { sync: { value: () => undefined } }) as PgConnection
    connection.stream.cork()
    try {
      for (const query of this.queries) {
        const problem = query.submit(withoutSync)
        if (problem === null) this.sent.push(query)
        else query.handleError(problem, connection)
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
    this.answer(connection)
    this.callback(null)
  }

  handleError(error: Error, connection: PgConnection): void {
    this.answer(connection)
    // A connection that is lost already was never submitted to.
    const unanswered = this.sent.length === 0 ? this.queries : this.sent.slice(this.current)
    this.current = this.sent.length
    for (const query of unanswered) {
      // The server skipped them, so they are not prepared.
      if (connection.submittedNamedStatements !== undefined)
        Reflect.deleteProperty(connection.submittedNamedStatements, query.name)
      query.handleError(error, connection)
    }
    this.callback(error)
  }

  /** The connection is free again before anybody can go on with an answer. */
  private answer(connection: PgConnection): void {
    for (const query of this.sent.slice(0, this.current)) query.handleReadyForQuery(connection)
  }
}

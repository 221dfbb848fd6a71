import { SourcedError } from './sourced-error.js'

/** The tables are missing or not what the module needs. The message says which command or lines mend it. */
export class SchemaError extends SourcedError {
  readonly code = 'SCHEMA'
  readonly retryable = false

  constructor(
    readonly problems: readonly string[],
    readonly cure: string,
  ) {
    super(`The database does not fit: ${problems.join('; ')}. ${cure}`)
  }
}

/** What is known about a write that failed. */
export type WriteOutcome = 'not-written' | 'unknown'

/** The database or the connection to it failed. */
export class StorageError extends SourcedError {
  readonly code = 'STORAGE'

  constructor(
    /** What was being done, such as `append`. */
    readonly operation: string,
    problem: string,
    readonly retryable: boolean,
    /**
     * `'not-written'`: certainly nothing of it is in the database. `'unknown'`: the connection was lost while
     * the database was committing, and reading back did not settle it.
     */
    readonly outcome: WriteOutcome,
    options?: { readonly cause?: unknown },
  ) {
    super(`${operation}: ${problem}`, options)
  }
}

/** A reader of the global feed met a transaction that appended events and has not ended yet. */
export class FeedStalledError extends SourcedError {
  readonly code = 'FEED_STALLED'
  readonly retryable = true

  constructor(
    /** Every event up to this position was delivered. */
    readonly settledPosition: number,
    readonly waitedMs: number,
    /** Process ids of the database sessions whose open transactions appended events. */
    readonly sessions: readonly number[],
  ) {
    super(
      `Events after position ${settledPosition} cannot be read yet: the open transaction of database session ` +
        `${sessions.join(', ')} appended events and did not end within ${waitedMs} ms. Reading on would skip them. ` +
        `End that transaction, or allow more time with 'settleTimeoutMs', and read on after that position.`,
    )
  }
}

import { SourcedError } from './sourced-error.js'

/** A consumer has handled this message before. Everything that was to be committed with it was rolled back. */
export class DuplicateMessageError extends SourcedError {
  readonly code = 'DUPLICATE_MESSAGE'
  readonly retryable = false

  constructor(
    readonly consumer: string,
    readonly messageId: string,
    readonly processedAt: Date,
  ) {
    super(
      `Consumer '${consumer}' has handled message '${messageId}' already, at ${processedAt.toISOString()}. Nothing was ` +
        `written. Acknowledge the message, or use handleOnce(), which treats it as a success.`,
    )
  }
}

/** An outbox message has the id of one that exists already, or of another one in the same commit. Nothing was written. */
export class DuplicateOutboxMessageError extends SourcedError {
  readonly code = 'DUPLICATE_OUTBOX_MESSAGE'
  readonly retryable = false

  constructor(readonly messageId: string) {
    super(
      `The outbox has a message '${messageId}' already, or the commit stages it twice. Nothing was written. Give each message ` +
        `an id of its own, or none: then it gets a new UUID.`,
    )
  }
}

/** A worker does not hold, or no longer holds, the claim on a message that it wants to end. Nothing was changed. */
export class OutboxClaimError extends SourcedError {
  readonly code = 'OUTBOX_CLAIM'
  readonly retryable = false

  constructor(
    readonly messageId: string,
    readonly worker: string,
    readonly attempt: number,
  ) {
    super(
      `Worker '${worker}' does not hold attempt ${attempt} of outbox message '${messageId}': its lease ran out, or the message ` +
        `was ended already. Nothing was changed. Another worker may publish it again; give claims a longer lease if work takes long.`,
    )
  }
}

/** A lock was not to be had in time. The work was not started. */
export class LockTimeoutError extends SourcedError {
  readonly code = 'LOCK_TIMEOUT'
  readonly retryable = true

  constructor(
    readonly lockKey: string,
    readonly timeoutMs: number,
  ) {
    super(
      `The lock ${lockKey} was not free within ${timeoutMs} ms. The work was not started; try again, or give it a longer 'timeoutMs'.`,
    )
  }
}

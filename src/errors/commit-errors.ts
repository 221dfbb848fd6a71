import type { ExpectedVersion } from '../model/expected-version.js'
import { streamIdOf } from '../model/stream-identity.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import { SourcedError } from './sourced-error.js'

/** Another writer moved a stream of the commit. Nothing was written; load again and decide again. */
export class ConcurrentWriteError extends SourcedError {
  readonly code = 'CONCURRENT_WRITE'
  readonly retryable = true
  readonly aggregateType: string
  readonly aggregateId: string
  readonly streamId: string

  constructor(
    stream: StreamIdentity,
    readonly expectedVersion: ExpectedVersion,
    readonly actualVersion: number,
    options?: { readonly cause?: unknown },
  ) {
    super(
      `Stream ${streamIdOf(stream)} was expected at version ${describe(expectedVersion)} and is at ${actualVersion}. ` +
        `Nothing was written. Load the aggregate again and repeat the decision, or wrap both in retryOnConflict().`,
      options,
    )
    this.aggregateType = stream.aggregateType
    this.aggregateId = stream.aggregateId
    this.streamId = streamIdOf(stream)
  }
}

function describe(expected: ExpectedVersion): string {
  return typeof expected === 'number' ? String(expected) : `'${expected}'`
}

/** An aggregate that has to exist does not. Nothing was written. */
export class AggregateNotFoundError extends SourcedError {
  readonly code = 'AGGREGATE_NOT_FOUND'
  readonly retryable = false
  readonly aggregateType: string
  readonly aggregateId: string
  readonly streamId: string

  constructor(stream: StreamIdentity) {
    super(
      `There is no aggregate ${streamIdOf(stream)}. Nothing was written. ` +
        `Create it first, or pass 'orCreate: true' to have it made.`,
    )
    this.aggregateType = stream.aggregateType
    this.aggregateId = stream.aggregateId
    this.streamId = streamIdOf(stream)
  }
}

/** One commit names a stream twice, so its expected version would be ambiguous. Nothing was written. */
export class DuplicateStreamError extends SourcedError {
  readonly code = 'DUPLICATE_STREAM'
  readonly retryable = false
  readonly aggregateType: string
  readonly aggregateId: string
  readonly streamId: string

  constructor(stream: StreamIdentity) {
    super(
      `Stream ${streamIdOf(stream)} occurs twice in one commit. Nothing was written. ` +
        `Hand in one entry with all of the stream's events, and each aggregate once.`,
    )
    this.aggregateType = stream.aggregateType
    this.aggregateId = stream.aggregateId
    this.streamId = streamIdOf(stream)
  }
}

/** An aggregate type or id cannot name a stream. Nothing was written. */
export class InvalidStreamIdentityError extends SourcedError {
  readonly code = 'INVALID_STREAM_IDENTITY'
  readonly retryable = false

  constructor(
    readonly part: 'aggregateType' | 'aggregateId',
    readonly problem: string,
  ) {
    super(
      `The ${part} ${problem}. It has to be a well-formed, non-blank string without NUL of at most 255 characters.`,
    )
  }
}

/** A call's arguments make no sense: an unknown option, a negative version, an undeclared event. */
export class InvalidArgumentError extends SourcedError {
  readonly code = 'INVALID_ARGUMENT'
  readonly retryable = false
}

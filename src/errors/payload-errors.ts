import { streamIdOf } from '../model/stream-identity.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import { SourcedError } from './sourced-error.js'

/** A payload or metadata cannot be stored so that it reads back the same. Nothing was written. */
export class InvalidPayloadError extends SourcedError {
  readonly code = 'INVALID_PAYLOAD'
  readonly retryable = false

  constructor(
    /** Where the value sits, such as `payload.lines[2].price`. */
    readonly path: string,
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`${path} ${problem}`, options)
  }
}

/** An event or row names a codec, or a version of it, that is not registered. */
export class UnsupportedCodecError extends SourcedError {
  readonly code = 'UNSUPPORTED_CODEC'
  readonly retryable = false

  constructor(
    readonly codec: string,
    /** `undefined` when writing: the newest registered version is used then. */
    readonly codecVersion: number | undefined,
    readonly known: readonly string[],
  ) {
    super(
      `No codec '${codec}'${codecVersion === undefined ? '' : ` version ${codecVersion}`} is registered; ` +
        `known are ${known.join(', ')}. Add it to the store's option 'codecs'.`,
    )
  }
}

/** A stored event does not decode, or the aggregate cannot apply it. Nothing is ever skipped. */
export class ReplayError extends SourcedError {
  readonly code = 'REPLAY'
  readonly retryable = false
  readonly aggregateType: string
  readonly aggregateId: string
  readonly streamId: string

  constructor(
    stream: StreamIdentity,
    readonly sequence: number,
    problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`Event ${sequence} of stream ${streamIdOf(stream)} ${problem}`, options)
    this.aggregateType = stream.aggregateType
    this.aggregateId = stream.aggregateId
    this.streamId = streamIdOf(stream)
  }
}

/** An upcaster is registered wrongly, or failed on a stored payload. */
export class UpcastError extends SourcedError {
  readonly code = 'UPCAST'
  readonly retryable = false

  constructor(
    readonly eventName: string,
    readonly eventVersion: number,
    problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`The upcaster of '${eventName}' version ${eventVersion} ${problem}`, options)
  }
}

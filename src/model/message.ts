import type { EncodedValue } from './encoded-value.js'
import type { Metadata } from './event.js'
import type { EncodedPayload } from './stored.js'
import type { StreamIdentity } from './stream-identity.js'

/** That a consumer has handled a message. */
export interface ProcessedMark {
  readonly consumer: string
  readonly messageId: string
}

/** A mark as it is stored. */
export interface ProcessedMessage extends ProcessedMark {
  /** By the database's clock. */
  readonly processedAt: Date
}

/** A message as the application hands it in, to be published after the commit. */
export interface NewOutboxMessage<Payload = unknown> {
  /** Unique in the outbox. @defaultValue a new UUID */
  readonly messageId?: string
  /** What it is about, for whoever publishes it: `money-moved`. */
  readonly type: string
  /** Left out, it is stored as JSON `null`. */
  readonly payload?: Payload
  /** Where to publish it, in words that the publisher knows: a topic, a queue. */
  readonly destination?: string
  readonly metadata?: Metadata
  /** Not published before this time. @defaultValue at once */
  readonly availableAt?: Date
  /** The label of the codec that encodes the payload. @defaultValue 'json' */
  readonly codec?: string
  /** @defaultValue `correlationId` of the metadata, if that is a string */
  readonly correlationId?: string
  /** @defaultValue `causationId` of the metadata, if that is a string */
  readonly causationId?: string
}

/** The stream that a message is about, and its version when the message was staged. */
export interface MessageSource extends StreamIdentity {
  readonly sequence: number
}

/** A new outbox message, ready for SQL. */
export interface StagedMessage {
  readonly messageId: string
  readonly type: string
  readonly payload: EncodedPayload
  readonly destination: string | undefined
  /** As JSON text. */
  readonly metadata: string
  readonly availableAt: Date | undefined
  readonly source: MessageSource | undefined
  readonly correlationId: string | undefined
  readonly causationId: string | undefined
  /** The values of the columns that the host added and says how to fill, in the table's order. */
  readonly own?: readonly EncodedValue[]
}

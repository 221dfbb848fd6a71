import type { ExpectedVersion } from './expected-version.js'
import type { StreamIdentity } from './stream-identity.js'

/** What travels beside a payload: correlation and causation ids, trace context, anything JSON. */
export type Metadata = Readonly<Record<string, unknown>>

/** An event as the application hands it in. */
export interface NewEvent<Name extends string = string, Payload = unknown> {
  /** The event's stable name. Names that begin with `$` are reserved. */
  readonly name: Name
  /** Left out, it is stored as JSON `null`. */
  readonly payload?: Payload
  /** The schema version of the payload. @defaultValue 1 */
  readonly version?: number
  readonly metadata?: Metadata
  /** The label of the codec that encodes the payload. @defaultValue 'json' */
  readonly codec?: string
}

/** An event as it was stored, decoded and brought to its newest version. */
export interface RecordedEvent<Name extends string = string, Payload = unknown> extends StreamIdentity {
  /** Place in the stream: 1, 2, 3 … without gaps. */
  readonly sequence: number
  /** Place in the whole store, the global order; gaps allowed, never reused. */
  readonly position: number
  /** The same for all events that were committed together. */
  readonly commitId: string
  readonly name: Name
  readonly version: number
  readonly payload: Payload
  readonly metadata: Metadata
  /** When the database stored it, in whole milliseconds. */
  readonly recordedAt: Date
}

/** What one append asks of one stream. Without events, the stream is only checked. */
export interface StreamAppend extends StreamIdentity {
  readonly expectedVersion: ExpectedVersion
  readonly events?: readonly NewEvent[]
}

/** What one stream looks like after a commit. */
export interface CommittedStream extends StreamIdentity {
  /** The version after the commit. */
  readonly version: number
  /** The events that this commit added, in order; empty for a stream that was only checked. */
  readonly events: readonly RecordedEvent[]
}

/** The outcome of a commit. */
export interface Commit {
  /** `undefined` when there was nothing to do. */
  readonly commitId: string | undefined
  /** In the order in which the streams were handed in. */
  readonly streams: readonly CommittedStream[]
  /** Every event of the commit in the global order. */
  readonly events: readonly RecordedEvent[]
}

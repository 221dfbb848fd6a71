import type { ExpectedVersion } from './expected-version.js'
import type { EncodedValue } from './encoded-value.js'
import type { Metadata } from './event.js'
import type { StreamIdentity } from './stream-identity.js'

/** The reserved event name of the placeholder that holds a checked stream's next sequence until the commit ends. */
export const CHECKED_EVENT_NAME = '$checked'

/** A payload as a codec left it: JSON text, and what decodes it. */
export interface EncodedPayload {
  readonly text: string
  readonly codec: string
  readonly codecVersion: number
}

/** A new event, ready for SQL. */
export interface EncodedEvent {
  readonly name: string
  readonly version: number
  readonly payload: EncodedPayload
  /** As JSON text. */
  readonly metadata: string
  /** The values of the columns that the host added and says how to fill, in the table's order. */
  readonly own?: readonly EncodedValue[]
}

/** One stream's part in a commit, ready for SQL. */
export interface StreamChange extends StreamIdentity {
  readonly expectedVersion: ExpectedVersion
  readonly events: readonly EncodedEvent[]
  /** Without events: the same for the placeholder that holds the stream's next sequence. */
  readonly placeholder?: readonly EncodedValue[]
}

/** The events of one commit, ready for SQL: all of them are stored, or none. */
export interface StreamCommit {
  readonly commitId: string
  readonly changes: readonly StreamChange[]
}

/** An event row as the database returned it, its payload still encoded. */
export interface StoredEvent extends StreamIdentity {
  readonly sequence: number
  readonly position: number
  readonly commitId: string
  readonly name: string
  readonly version: number
  readonly payload: EncodedPayload
  readonly metadata: Metadata
  readonly recordedAt: Date
  /** The columns that the host added; `undefined` if it added none. */
  readonly columns?: Readonly<Record<string, unknown>> | undefined
}

/** An event as a load statement returns it: only what replaying it takes. */
export interface TailEvent {
  readonly sequence: number
  readonly name: string
  readonly version: number
  /** Of the built-in codec the decoded payload; of every other codec, what that codec has to decode. */
  readonly payload: { readonly decoded: unknown } | EncodedPayload
}

/** A snapshot ready for SQL, and as the database returned it. */
export interface StoredSnapshot extends StreamIdentity {
  readonly version: number
  readonly snapshotType: string
  readonly snapshotVersion: number
  readonly payload: EncodedPayload
  /** As of an event. */
  readonly own?: readonly EncodedValue[]
}

/** What an append statement found and did. */
export interface AppendOutcome {
  /** Whether every stream had its expected version, so that the events were inserted. */
  readonly accepted: boolean
  /** Each stream's version before the append, in the order of the changes. */
  readonly versions: readonly number[]
  /** One a new event, in the order in which the events were handed in. */
  readonly positions: readonly number[]
  readonly recordedAt: Date | undefined
}

import type { EncodedEvent } from '../model/stored.js'
import type { StreamIdentity } from '../model/stream-identity.js'

/** An event that was recorded elsewhere, ready for SQL: with its place, and the time at which it happened. */
export interface ImportedEvent extends StreamIdentity, EncodedEvent {
  readonly sequence: number
  readonly commitId: string
  readonly recordedAt: Date
}

/** Where an event stands. */
export type EventPlace = StreamIdentity & { readonly sequence: number }

import type { EncodedEvent } from '../model/stored.js'
import type { StreamIdentity } from '../model/stream-identity.js'

/** An event that was recorded elsewhere, ready for SQL, with its place. */
export interface ImportedEvent extends StreamIdentity, EncodedEvent {
  readonly sequence: number
  readonly commitId: string
  /** When it happened; `undefined`: when the database stores it. */
  readonly recordedAt: Date | undefined
}

/** Where an event stands. */
export type EventPlace = StreamIdentity & { readonly sequence: number }

import type { StoredSnapshot, StreamChange } from '../model/stored.js'

/** Everything that one commit writes, checked and encoded: plain data. */
export interface Changes {
  readonly streams: readonly StreamChange[]
  readonly snapshots: readonly StoredSnapshot[]
}

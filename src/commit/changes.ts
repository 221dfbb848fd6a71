import type { StoredSnapshot, StreamChange } from '../model/stored.js'

/** Everything that one commit writes, checked and encoded: plain data. */
export interface Changes {
  readonly streams: readonly StreamChange[]
  readonly snapshots: readonly StoredSnapshot[]
}

/** Whether a commit of these changes would neither write nor check anything. */
export function isEmpty({ streams, snapshots }: Changes): boolean {
  return streams.length === 0 && snapshots.length === 0
}

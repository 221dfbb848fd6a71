import { decodeInteger } from '../decode.js'
import type { Statement } from '../statement.js'
import type { FeedCeiling } from '../statements.js'
import type { EventTable } from '../tables.js'

/** SQLite has one writer at a time, so positions become visible in order and nobody holds the feed back. */
export function feedCeiling(e: EventTable): () => Statement<FeedCeiling> {
  const text = `select coalesce(max(e.${e.position}), 0) as position from ${e.table} e`
  return () => ({
    operation: 'read feed ceiling',
    text,
    parameters: [],
    decode: ([row]) => ({ lastPosition: decodeInteger(row?.['position']), holders: [] }),
  })
}

import { decodeInteger } from '../decode.js'
import type { Statement } from '../statement.js'
import type { FeedCeiling } from '../statements.js'
import type { EventTable } from '../tables.js'
import { heldFloors, lastPosition } from './floor-lock.js'

/**
 * The last position handed out, and who may still write at or below it. The join makes Postgres read the
 * position first and the locks second, which the argument in floor-lock.ts needs.
 */
export function feedCeiling(e: EventTable, positionSequence: string): () => Statement<FeedCeiling> {
  const text = `with last as materialized (select ${lastPosition(positionSequence)} as position)
select last.position, held.transaction, held.session, held.floor
from last left join lateral (
  select * from (${heldFloors(e)}) h where h.floor < last.position
) held on true`
  return () => ({
    operation: 'read feed ceiling',
    text,
    parameters: [],
    decode: (rows) => ({
      lastPosition: decodeInteger(rows[0]?.['position']),
      holders: rows
        .filter((row) => row['transaction'] !== null)
        .map((row) => ({
          transaction: row['transaction'] as string,
          session: decodeInteger(row['session']),
          floor: decodeInteger(row['floor']),
        })),
    }),
  })
}

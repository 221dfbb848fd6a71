import { literal } from '../tables.js'
import type { EventTable } from '../tables.js'

/*
 * How a reader of the global feed never misses an event although positions become visible out of order: before
 * an append draws its positions it takes a shared transaction-level advisory lock whose key contains the last
 * position handed out at that moment, its floor. Shared locks never wait for each other. A reader looks at the
 * last position first and at the locks second, and does not pass the lowest floor below that position:
 *
 * - a writer that holds its lock writes only above its floor;
 * - a writer that has not taken it yet will draw positions above the last position that the reader saw;
 * - a writer that is gone from the locks is visible, because a transaction's locks are released after it ended.
 *
 * Nothing is stored, so a dump restores into any cluster. The key's upper 23 bits are the table's oid, the
 * lower 40 its floor.
 */
const FLOOR_BITS = 40

/** SQL for the last position handed out to anyone, 0 before the first. */
export function lastPosition(positionSequence: string): string {
  return `coalesce(pg_sequence_last_value(${literal(positionSequence)}::regclass), 0)`
}

/** SQL that takes the floor lock of the current transaction. */
export function takeFloorLock(events: EventTable, positionSequence: string): string {
  return `pg_advisory_xact_lock_shared((${namespace(events)} << ${FLOOR_BITS}) | ${lastPosition(positionSequence)})`
}

/** The same with a floor that the transaction published before: the same lock again, or anew if a savepoint lost it. */
export function retakeFloorLock(events: EventTable, floor: string): string {
  return `pg_advisory_xact_lock_shared((${namespace(events)} << ${FLOOR_BITS}) | ${floor}::bigint)`
}

/** SQL for a table of the floor locks of other sessions: `transaction`, `session`, `floor`. */
export function heldFloors(events: EventTable): string {
  const key = `((l.classid::bigint << 32) | l.objid::bigint)`
  return `select l.virtualtransaction as transaction, coalesce(l.pid, 0) as session,
      ${key} & ((1::bigint << ${FLOOR_BITS}) - 1) as floor
    from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 1 and l.granted and l.pid is distinct from pg_backend_pid()
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and ${key} >> ${FLOOR_BITS} = ${namespace(events)}`
}

function namespace(events: EventTable): string {
  return `(${literal(events.table)}::regclass::oid::bigint & 8388607)`
}

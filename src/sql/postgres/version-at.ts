import type { StreamIdentity } from '../../model/stream-identity.js'
import { decodeInteger } from '../decode.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'

/** The version a stream had at a time; 0 if it did not exist yet. */
export function versionAt(e: EventTable): (stream: StreamIdentity, time: Date) => Statement<number> {
  const text = `select coalesce((
    select e.${e.sequence} from ${e.table} e
    where e.${e.aggregateType} = $1 and e.${e.aggregateId} = $2 and e.${e.recordedAt} <= $3::timestamptz
    order by e.${e.sequence} desc limit 1
  ), 0) as version`
  return ({ aggregateType, aggregateId }, time) => ({
    operation: 'read version at a time',
    text,
    parameters: [aggregateType, aggregateId, time.toISOString()],
    decode: ([row]) => decodeInteger(row?.['version']),
  })
}

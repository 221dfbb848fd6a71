import type { StreamIdentity } from '../../model/stream-identity.js'
import { decodeInteger } from '../decode.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'

/** The versions of streams, in the order asked for; 0 for one that does not exist. */
export function streamVersions(
  e: EventTable,
): (streams: readonly StreamIdentity[]) => Statement<readonly number[]> {
  const text = `select coalesce((
    select max(e.${e.sequence}) from ${e.table} e
    where e.${e.aggregateType} = s.value ->> 0 and e.${e.aggregateId} = s.value ->> 1
  ), 0) as version
from json_each(?) s
order by s.key`
  return (streams) => ({
    operation: 'read versions',
    text,
    parameters: [
      JSON.stringify(streams.map(({ aggregateType, aggregateId }) => [aggregateType, aggregateId])),
    ],
    decode: (rows) => rows.map((row) => decodeInteger(row['version'])),
  })
}

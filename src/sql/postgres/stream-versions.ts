import type { StreamIdentity } from '../../model/stream-identity.js'
import { decodeInteger } from '../decode.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'

/** The versions of streams, in the order asked for; 0 for one that does not exist. */
export function streamVersions(
  e: EventTable,
): (streams: readonly StreamIdentity[]) => Statement<readonly number[]> {
  const text = `select coalesce((
    select e.${e.sequence} from ${e.table} e where e.${e.aggregateType} = s.type and e.${e.aggregateId} = s.id
    order by e.${e.sequence} desc limit 1
  ), 0) as version
from json_to_recordset($1::json) as s(stream int, type text, id text)
order by s.stream`
  return (streams) => ({
    operation: 'read versions',
    text,
    parameters: [
      JSON.stringify(
        streams.map(({ aggregateType, aggregateId }, stream) => ({
          stream,
          type: aggregateType,
          id: aggregateId,
        })),
      ),
    ],
    decode: (rows) => rows.map((row) => decodeInteger(row['version'])),
  })
}

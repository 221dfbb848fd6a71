import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'

/** The ids of one type's streams, a page at a time, in the database's order of strings. */
export function listStreams(
  e: EventTable,
): (type: string, after: string, limit: number) => Statement<readonly string[]> {
  const text = `select e.${e.aggregateId} as aggregate_id
from ${e.table} e
where e.${e.aggregateType} = $1 and e.${e.aggregateId} > $2 and e.${e.sequence} = 1
order by e.${e.aggregateId}
limit $3::int`
  return (type, after, limit) => ({
    operation: 'list streams',
    text,
    parameters: [type, after, limit],
    decode: (rows) => rows.map((row) => row['aggregate_id'] as string),
  })
}

import type { OwnFilter } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'
import { ownConditions } from './own-columns.js'

/** The ids of one type's streams, a page at a time, in the database's order of strings. */
export function listStreams(
  e: EventTable,
): (type: string, after: string, where: readonly OwnFilter[], limit: number) => Statement<readonly string[]> {
  return (type, after, where, limit) => {
    const own = ownConditions(e.own, where, 'e', 4)
    return {
      operation: 'list streams',
      text: `select e.${e.aggregateId} as aggregate_id
from ${e.table} e
where e.${e.aggregateType} = $1 and e.${e.aggregateId} > $2 and e.${e.sequence} = 1${own.text}
order by e.${e.aggregateId}
limit $3::int`,
      parameters: [type, after, limit, ...own.parameters],
      decode: (rows) => rows.map((row) => row['aggregate_id'] as string),
    }
  }
}

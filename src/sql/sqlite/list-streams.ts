import type { OwnFilter } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'
import { ownConditions } from './own-columns.js'

/** The ids of one type's streams, a page at a time, in binary order. */
export function listStreams(
  e: EventTable,
): (type: string, after: string, where: readonly OwnFilter[], limit: number) => Statement<readonly string[]> {
  return (type, after, where, limit) => {
    const own = ownConditions(e.own, where, 'e')
    return {
      operation: 'list streams',
      text: `select e.${e.aggregateId} as aggregate_id
from ${e.table} e
where e.${e.aggregateType} = ? and e.${e.aggregateId} > ? and e.${e.sequence} = 1${own.text}
order by e.${e.aggregateId}
limit ?`,
      parameters: [type, after, ...own.parameters, limit],
      decode: (rows) => rows.map((row) => row['aggregate_id'] as string),
    }
  }
}

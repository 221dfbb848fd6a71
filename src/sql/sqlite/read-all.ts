import type { StoredEvent } from '../../model/stored.js'
import { decodeEvent } from '../decode.js'
import type { Statement } from '../statement.js'
import type { FeedPage } from '../statements.js'
import type { EventTable } from '../tables.js'
import { decodeTime, eventColumns } from './event-columns.js'
import { ownConditions } from './own-columns.js'

/** A page of the global feed. Filters run before the limit. */
export function readAll(e: EventTable): (page: FeedPage) => Statement<readonly StoredEvent[]> {
  return ({ after, upTo, aggregateTypes, eventNames, metadata, where, limit }) => {
    const parameters: unknown[] = [after, upTo]
    const filters: string[] = []
    const filter = (condition: string, value: unknown): void => {
      if (value === undefined) return
      parameters.push(JSON.stringify(value))
      filters.push(` and ${condition}`)
    }
    filter(`e.${e.aggregateType} in (select value from json_each(?))`, aggregateTypes)
    filter(`e.${e.eventName} in (select value from json_each(?))`, eventNames)
    filter(
      `not exists (
  select 1 from json_each(?) f where not exists (
    select 1 from json_each(e.${e.metadata}) m where m.key = f.key and m.type = f.type and m.value is f.value
  )
)`,
      metadata,
    )
    const own = ownConditions(e.own, where, 'e')
    return {
      operation: 'read all',
      text: `select ${eventColumns(e)}
from ${e.table} e
where e.${e.position} > ? and e.${e.position} <= ?${filters.join('')}${own.text}
order by e.${e.position}
limit ?`,
      parameters: [...parameters, ...own.parameters, limit],
      decode: (rows) => rows.map((row) => decodeEvent(row, decodeTime, e.own)),
    }
  }
}

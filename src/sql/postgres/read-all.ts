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
    const parameters: unknown[] = [after, upTo, limit]
    const filters: string[] = []
    const filter = (condition: (parameter: string) => string, value: unknown): void => {
      if (value === undefined) return
      parameters.push(value)
      filters.push(` and ${condition(`$${parameters.length}`)}`)
    }
    filter((p) => `e.${e.aggregateType} = any(${p}::text[])`, aggregateTypes)
    filter((p) => `e.${e.eventName} = any(${p}::text[])`, eventNames)
    filter(
      (p) => `e.${e.metadata} @> ${p}::jsonb`,
      metadata === undefined ? undefined : JSON.stringify(metadata),
    )
    const own = ownConditions(e.own, where, 'e', parameters.length + 1)
    return {
      operation: 'read all',
      // The upper bound stands outside: with both bounds inside, and no statistics yet, Postgres takes the range for
      // so small that it reads all of it for every page, and sorts it.
      text: `select * from (
  select ${eventColumns(e)}
  from ${e.table} e
  where e.${e.position} > $1::bigint${filters.join('')}${own.text}
  order by e.${e.position}
  limit $3::int
) page where position <= $2::bigint
order by position`,
      parameters: [...parameters, ...own.parameters],
      decode: (rows) => rows.map((row) => decodeEvent(row, decodeTime, e.own)),
    }
  }
}

import type { StoredEvent } from '../../model/stored.js'
import { decodeEvent } from '../decode.js'
import type { Statement } from '../statement.js'
import type { StreamPage } from '../statements.js'
import type { EventTable } from '../tables.js'
import { decodeTime, eventColumns } from './event-columns.js'
import { ownConditions } from './own-columns.js'

/** A page of one stream in either direction. */
export function readStream(e: EventTable): (page: StreamPage) => Statement<readonly StoredEvent[]> {
  const text = (order: 'asc' | 'desc', conditions: string): string => `select ${eventColumns(e)}
from ${e.table} e
where e.${e.aggregateType} = $1 and e.${e.aggregateId} = $2 and e.${e.sequence} >= $3::int and e.${e.sequence} <= $4::int${conditions}
order by e.${e.sequence} ${order}
limit $5::int`
  const orders = { forward: 'asc', backward: 'desc' } as const
  const texts = { forward: text('asc', ''), backward: text('desc', '') }
  return ({ aggregateType, aggregateId, fromSequence, toSequence, direction, where, limit }) => {
    const own = ownConditions(e.own, where, 'e', 6)
    return {
      operation: 'read stream',
      text: own.text === '' ? texts[direction] : text(orders[direction], own.text),
      parameters: [aggregateType, aggregateId, fromSequence, toSequence, limit, ...own.parameters],
      decode: (rows) => rows.map((row) => decodeEvent(row, decodeTime, e.own)),
    }
  }
}

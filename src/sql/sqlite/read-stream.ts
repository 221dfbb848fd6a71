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
where e.${e.aggregateType} = ? and e.${e.aggregateId} = ? and e.${e.sequence} between ? and ?${conditions}
order by e.${e.sequence} ${order}
limit ?`
  const orders = { forward: 'asc', backward: 'desc' } as const
  const texts = { forward: text('asc', ''), backward: text('desc', '') }
  return ({ aggregateType, aggregateId, fromSequence, toSequence, direction, where, limit }) => {
    const own = ownConditions(e.own, where, 'e')
    return {
      operation: 'read stream',
      text: own.text === '' ? texts[direction] : text(orders[direction], own.text),
      parameters: [aggregateType, aggregateId, fromSequence, toSequence, ...own.parameters, limit],
      decode: (rows) => rows.map((row) => decodeEvent(row, decodeTime, e.own)),
    }
  }
}

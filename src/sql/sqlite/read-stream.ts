import type { StoredEvent } from '../../model/stored.js'
import { decodeEvent } from '../decode.js'
import type { Statement } from '../statement.js'
import type { StreamPage } from '../statements.js'
import type { EventTable } from '../tables.js'
import { decodeTime, eventColumns } from './event-columns.js'

/** A page of one stream in either direction. */
export function readStream(e: EventTable): (page: StreamPage) => Statement<readonly StoredEvent[]> {
  const text = (order: 'asc' | 'desc'): string => `select ${eventColumns(e)}
from ${e.table} e
where e.${e.aggregateType} = ? and e.${e.aggregateId} = ? and e.${e.sequence} between ? and ?
order by e.${e.sequence} ${order}
limit ?`
  const texts = { forward: text('asc'), backward: text('desc') }
  return ({ aggregateType, aggregateId, fromSequence, toSequence, direction, limit }) => ({
    operation: 'read stream',
    text: texts[direction],
    parameters: [aggregateType, aggregateId, fromSequence, toSequence, limit],
    decode: (rows) => rows.map((row) => decodeEvent(row, decodeTime)),
  })
}

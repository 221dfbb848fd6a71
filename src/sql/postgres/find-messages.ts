import { decodeInteger } from '../decode.js'
import type { Statement } from '../statement.js'
import type { OutboxTable } from '../tables.js'

/** How many of these messages are in the outbox. */
export function findMessages(o: OutboxTable): (messageIds: readonly string[]) => Statement<number> {
  const text = `select count(*) as found from ${o.table} o where o.${o.messageId} = any($1::text[])`
  return (messageIds) => ({
    operation: 'find outbox messages',
    text,
    parameters: [messageIds],
    decode: ([row]) => decodeInteger(row?.['found']),
  })
}

import type { StagedMessage } from '../../model/message.js'
import { ownNames } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { OutboxTable } from '../tables.js'
import { NOW } from './clock.js'
import { encodeTime } from './event-columns.js'
import { ownMembers } from './own-columns.js'

/**
 * Inserts messages in the order given. Payloads and metadata travel as strings inside the JSON parameter: SQLite would
 * render a nested value anew.
 */
export function stageMessages(
  o: OutboxTable,
): (messages: readonly StagedMessage[]) => Statement<readonly string[]> {
  // In lower case on purpose: for a text that begins with INSERT the sqlite3 driver returns no rows.
  const text = `insert into ${o.table} (${o.messageId}, ${o.messageType}, ${o.payload}, ${o.payloadCodec},
  ${o.payloadCodecVersion}, ${o.destination}, ${o.metadata}, ${o.status}, ${o.createdAt}, ${o.ordinal},
  ${o.nextAvailableAt}, ${o.attempts}, ${o.sourceType}, ${o.sourceId}, ${o.sourceSequence}, ${o.correlationId},
  ${o.causationId}${ownNames(o.own)})
select new.value ->> 0, new.value ->> 1, new.value ->> 2, new.value ->> 3, new.value ->> 4, new.value ->> 5,
  new.value ->> 6, 'pending', ${NOW}, new.key + 1, coalesce(new.value ->> 7, ${NOW}), 0, new.value ->> 8,
  new.value ->> 9, new.value ->> 10, new.value ->> 11, new.value ->> 12${ownMembers(o.own, 'new.value', 13)}
from json_each(?) new
where true
order by new.key
on conflict (${o.messageId}) do nothing
returning ${o.messageId} as message_id`
  return (messages) => ({
    operation: 'stage outbox messages',
    text,
    parameters: [JSON.stringify(messages.map(row))],
    decode: (rows) => {
      const staged = new Set(rows.map((found) => found['message_id'] as string))
      // An id that two commits of one statement have in common was staged for the first of them.
      return messages.map(({ messageId }) => messageId).filter((messageId) => !staged.delete(messageId))
    },
  })
}

function row(message: StagedMessage): unknown[] {
  const { payload, availableAt, source } = message
  return [
    message.messageId,
    message.type,
    payload.text,
    payload.codec,
    payload.codecVersion,
    message.destination,
    message.metadata,
    availableAt === undefined ? undefined : encodeTime(availableAt),
    source?.aggregateType,
    source?.aggregateId,
    source?.sequence,
    message.correlationId,
    message.causationId,
    ...(message.own ?? []),
  ]
}

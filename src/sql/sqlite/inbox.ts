import type { ProcessedMark, ProcessedMessage } from '../../model/message.js'
import type { InboxStatements } from '../inbox-statements.js'
import type { InboxTable } from '../tables.js'
import { NOW } from './clock.js'
import { decodeTime, encodeTime } from './event-columns.js'

/**
 * The statements over processed-message marks. In lower case on purpose: for a text that begins with INSERT or DELETE
 * the sqlite3 driver returns no rows.
 */
export function inboxStatements(i: InboxTable): InboxStatements {
  return { mark: mark(i), find: find(i), purge: purge(i) }
}

function mark(i: InboxTable): InboxStatements['mark'] {
  const text = `insert into ${i.table} (${i.consumerName}, ${i.messageId}, ${i.processedAt})
select new.value ->> 0, new.value ->> 1, ${NOW}
from json_each(?) new
where true
on conflict (${i.consumerName}, ${i.messageId}) do nothing
returning ${i.consumerName} as consumer, ${i.messageId} as message_id`
  return (marks) => ({
    operation: 'mark processed messages',
    text,
    parameters: [list(marks)],
    decode: (rows) =>
      rows.map((row) => ({ consumer: row['consumer'] as string, messageId: row['message_id'] as string })),
  })
}

function find(i: InboxTable): InboxStatements['find'] {
  const text = `select i.${i.consumerName} as consumer, i.${i.messageId} as message_id, i.${i.processedAt} as processed_at
from json_each(?) asked cross join ${i.table} i
  on i.${i.consumerName} = asked.value ->> 0 and i.${i.messageId} = asked.value ->> 1
order by asked.key`
  return (marks) => ({
    operation: 'find processed messages',
    text,
    parameters: [list(marks)],
    decode: (rows) =>
      rows.map((row): ProcessedMessage => ({
        consumer: row['consumer'] as string,
        messageId: row['message_id'] as string,
        processedAt: decodeTime(row['processed_at']),
      })),
  })
}

function purge(i: InboxTable): InboxStatements['purge'] {
  const text = `delete from ${i.table} where rowid in (
  select old.rowid from ${i.table} old, (select ? as consumer) asked
  where old.${i.processedAt} < ? and (asked.consumer is null or old.${i.consumerName} = asked.consumer)
  order by old.${i.processedAt}
  limit ?
)
returning 1 as purged`
  return (before, consumer, limit) => ({
    operation: 'purge processed messages',
    text,
    parameters: [consumer ?? null, encodeTime(before), limit],
    decode: (rows) => rows.length,
  })
}

function list(marks: readonly ProcessedMark[]): string {
  return JSON.stringify(marks.map(({ consumer, messageId }) => [consumer, messageId]))
}

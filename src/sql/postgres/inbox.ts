import type { ProcessedMark, ProcessedMessage } from '../../model/message.js'
import type { InboxStatements } from '../inbox-statements.js'
import type { InboxTable } from '../tables.js'
import { NOW } from './clock.js'
import { COMMIT_MARK } from './commit-mark.js'
import { decodeTime, milliseconds } from './event-columns.js'
import { failUnless } from './fail-unless.js'

/** The statements over processed-message marks. */
export function inboxStatements(i: InboxTable): InboxStatements {
  return { mark: mark(i), find: find(i), purge: purge(i) }
}

/** Sorted, so that two commits with several marks in common wait for each other instead of deadlocking. */
function mark(i: InboxTable): InboxStatements['mark'] {
  const text = `insert into ${i.table} (${i.consumerName}, ${i.messageId}, ${i.processedAt})
select new.consumer, new.message, ${NOW}
from unnest($1::text[], $2::text[]) as new(consumer, message)
order by new.consumer collate "C", new.message collate "C"
on conflict (${i.consumerName}, ${i.messageId}) do nothing
returning ${i.consumerName} as consumer, ${i.messageId} as message_id`
  const failing = `with made as (
${text}
)
select made.consumer, made.message_id, checked.* from (
  select ${failUnless('(select count(*) from made) = cardinality($1::text[])', 'a message was handled before')} offset 0
) checked left join made on true`
  return (marks, orFail) => ({
    operation: 'mark processed messages',
    text: `${COMMIT_MARK} ${orFail ? failing : text}`,
    parameters: lists(marks),
    decode: (rows) =>
      rows.map((row) => ({ consumer: row['consumer'] as string, messageId: row['message_id'] as string })),
  })
}

function find(i: InboxTable): InboxStatements['find'] {
  const text = `select i.${i.consumerName} as consumer, i.${i.messageId} as message_id,
  ${milliseconds(`i.${i.processedAt}`)} as processed_at
from unnest($1::text[], $2::text[]) with ordinality as asked(consumer, message, place)
join ${i.table} i on i.${i.consumerName} = asked.consumer and i.${i.messageId} = asked.message
order by asked.place`
  return (marks) => ({
    operation: 'find processed messages',
    text,
    parameters: lists(marks),
    decode: (rows) =>
      rows.map((row): ProcessedMessage => ({
        consumer: row['consumer'] as string,
        messageId: row['message_id'] as string,
        processedAt: decodeTime(row['processed_at']),
      })),
  })
}

function purge(i: InboxTable): InboxStatements['purge'] {
  // TypeORM's query() gives the rows of a DELETE in another form than those of a SELECT.
  const text = `with old as materialized (
  select old.${i.consumerName} as consumer, old.${i.messageId} as message from ${i.table} old
  where old.${i.processedAt} < $1::timestamptz and ($2::text is null or old.${i.consumerName} = $2::text)
  order by old.${i.processedAt}
  limit $3::int
  for update skip locked
), purged as (
  delete from ${i.table} i using old where i.${i.consumerName} = old.consumer and i.${i.messageId} = old.message
  returning 1
) select 1 as purged from purged`
  return (before, consumer, limit) => ({
    operation: 'purge processed messages',
    text,
    parameters: [before.toISOString(), consumer ?? null, limit],
    decode: (rows) => rows.length,
  })
}

function lists(marks: readonly ProcessedMark[]): [string[], string[]] {
  return [marks.map(({ consumer }) => consumer), marks.map(({ messageId }) => messageId)]
}

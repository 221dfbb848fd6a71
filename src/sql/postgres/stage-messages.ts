import type { StagedMessage } from '../../model/message.js'
import { ownNames } from '../own-columns.js'
import type { OutboxStatements } from '../outbox-statements.js'
import type { OutboxTable } from '../tables.js'
import { COMMIT_MARK } from './commit-mark.js'
import { failUnless } from './fail-unless.js'
import { ownDefinitions, ownLabels, ownMembers, ownValues } from './own-columns.js'

/**
 * Inserts messages. They are numbered in the order given and inserted in that of their ids, so that two commits with
 * several ids in common wait for each other instead of deadlocking. All of them get one time, as exact as the clock: the
 * order of two commits is that of their times, that of the messages of one commit their numbers'.
 *
 * Payloads travel apart from the rest for the reason that `eventParameters` names.
 */
export function stageMessages(o: OutboxTable): OutboxStatements['stage'] {
  const text = `insert into ${o.table} (${o.messageId}, ${o.messageType}, ${o.payload}, ${o.payloadCodec},
  ${o.payloadCodecVersion}, ${o.destination}, ${o.metadata}, ${o.status}, ${o.createdAt}, ${o.ordinal},
  ${o.nextAvailableAt}, ${o.attempts}, ${o.sourceType}, ${o.sourceId}, ${o.sourceSequence}, ${o.correlationId},
  ${o.causationId}${ownNames(o.own)})
select new.id, new.type, new.payload, new.codec, new.codec_version, new.destination, new.metadata, 'pending',
  clock.now, new.place, coalesce(to_timestamp(new.available_at / 1000), date_trunc('milliseconds', clock.now)), 0, new.source_type,
  new.source_id, new.source_sequence, new.correlation_id, new.causation_id${ownValues(o.own, 'new')}
from rows from (
  json_to_recordset($1::json) as (
    id text, type text, codec text, codec_version int, destination text, metadata jsonb, available_at float8,
    source_type text, source_id text, source_sequence int, correlation_id text, causation_id text${ownDefinitions(o.own)}
  ),
  json_array_elements($2::json)
) with ordinality as new(id, type, codec, codec_version, destination, metadata, available_at, source_type, source_id,
  source_sequence, correlation_id, causation_id${ownLabels(o.own)}, payload, place)
cross join (select clock_timestamp() as now offset 0) clock
order by new.id collate "C"
on conflict (${o.messageId}) do nothing
returning ${o.messageId} as message_id`
  const failing = `with staged as (
${text}
)
select staged.message_id, checked.* from (
  select ${failUnless('(select count(*) from staged) = json_array_length($1::json)', 'a message id is taken')} offset 0
) checked left join staged on true`
  return (messages, orFail) => ({
    operation: 'stage outbox messages',
    text: `${COMMIT_MARK} ${orFail ? failing : text}`,
    parameters: [
      `[${messages.map((message) => row(o, message)).join(',')}]`,
      `[${messages.map(({ payload }) => payload.text).join(',')}]`,
    ],
    decode: (rows) => {
      const staged = new Set(rows.map((found) => found['message_id'] as string))
      return messages.map(({ messageId }) => messageId).filter((messageId) => !staged.has(messageId))
    },
  })
}

function row(o: OutboxTable, message: StagedMessage): string {
  const { messageId, type, payload, destination, availableAt, source, correlationId, causationId } = message
  const rest = JSON.stringify({
    id: messageId,
    type,
    codec: payload.codec,
    codec_version: payload.codecVersion,
    destination,
    available_at: availableAt?.getTime(),
    source_type: source?.aggregateType,
    source_id: source?.aggregateId,
    source_sequence: source?.sequence,
    correlation_id: correlationId,
    causation_id: causationId,
  })
  return `${rest.slice(0, -1)},"metadata":${message.metadata}${ownMembers(o.own, message.own ?? [])}}`
}

import { decodeClaimed } from '../decode-outbox.js'
import type { ClaimedMessage, OutboxStatements } from '../outbox-statements.js'
import type { StreamIdentity } from '../../model/stream-identity.js'
import type { Row } from '../statement.js'
import type { OutboxTable } from '../tables.js'
import { encodeDelay, LATER, NOW } from './clock.js'
import { decodeTime } from './event-columns.js'

/**
 * Claims messages. A message whose stream has an earlier one that is not published or failed is not claimable, so that
 * the messages about one stream are published in order by any number of workers. SQLite's clock ticks in milliseconds, so
 * rows of one time are told apart by the order of their insertion.
 */
export function claimMessages(o: OutboxTable): OutboxStatements['claim'] {
  const isDue = `c.${o.status} in ('pending', 'in_flight')
    and case c.${o.status} when 'pending' then c.${o.nextAvailableAt} else c.${o.claimedUntil} end <= ${NOW}`
  const headOf = (type: string, id: string): string => `(
      select first.${o.messageId} from ${o.table} first
      where first.${o.status} in ('pending', 'in_flight') and first.${o.sourceType} = ${type} and first.${o.sourceId} = ${id}
      order by first.${o.sourceSequence}, first.${o.createdAt}, first.rowid
      limit 1
    )`
  // In lower case on purpose: for a text that begins with UPDATE the sqlite3 driver returns no rows.
  const claim = (
    candidates: string,
  ): string => `update ${o.table} set ${o.status} = 'in_flight', ${o.claimedBy} = ?,
  ${o.claimedUntil} = ${LATER}, ${o.attempts} = ${o.attempts} + 1
where ${o.messageId} in (
  select c.${o.messageId} from ${candidates}
  order by c.${o.createdAt}, c.rowid
  limit ?
)
returning ${o.messageId} as message_id, ${o.messageType} as message_type, ${o.payload} as payload,
  ${o.payloadCodec} as codec, ${o.payloadCodecVersion} as codec_version, ${o.destination} as destination,
  ${o.metadata} as metadata, ${o.createdAt} as created_at, rowid as place, ${o.claimedUntil} as claimed_until,
  ${o.attempts} as attempts, ${o.sourceType} as source_type, ${o.sourceId} as source_id,
  ${o.sourceSequence} as source_sequence, ${o.correlationId} as correlation_id, ${o.causationId} as causation_id`
  const oldest = claim(`${o.table} c
  where ${isDue}
    and (c.${o.sourceType} is null or c.${o.messageId} = ${headOf(`c.${o.sourceType}`, `c.${o.sourceId}`)})`)
  const ofSources = claim(`json_each(?) asked cross join ${o.table} c
    on c.${o.messageId} = ${headOf('asked.value ->> 0', 'asked.value ->> 1')}
  where ${isDue}`)
  return ({ worker, limit, leaseMs, sources }) => ({
    operation: 'claim outbox messages',
    text: sources === undefined ? oldest : ofSources,
    parameters: [worker, encodeDelay(leaseMs), ...(sources === undefined ? [] : [list(sources)]), limit],
    decode: (rows) => ({ messages: inOrder(rows, worker), next: undefined }),
  })
}

/** RETURNING gives rows in no particular order. */
function inOrder(rows: readonly Row[], worker: string): ClaimedMessage[] {
  return rows
    .map((row) => ({ message: decodeClaimed(row, worker, decodeTime), place: Number(row['place']) }))
    .sort(
      (one, other) =>
        one.message.createdAt.getTime() - other.message.createdAt.getTime() || one.place - other.place,
    )
    .map(({ message }) => message)
}

function list(sources: readonly StreamIdentity[]): string {
  return JSON.stringify(sources.map(({ aggregateType, aggregateId }) => [aggregateType, aggregateId]))
}

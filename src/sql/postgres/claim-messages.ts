import { decodeInteger } from '../decode.js'
import { decodeClaimed } from '../decode-outbox.js'
import type { OutboxStatements } from '../outbox-statements.js'
import type { OutboxTable } from '../tables.js'
import { later } from './clock.js'
import { decodeTime, milliseconds } from './event-columns.js'

/**
 * Claims messages. Workers never wait for each other: what another one is claiming is passed over. A message whose
 * stream has an earlier one that is not published or failed is not claimable, so that the messages about one stream are
 * published in order by any number of workers. That cannot change between the statement's snapshot and its lock: earlier
 * messages only ever end, apart from those that somebody redrives.
 *
 * Looks at a window of the oldest messages, and for the head of each stream in it once. Without the window Postgres takes
 * the few messages that are claimable for rare ones, and reads the whole outbox to find them.
 */
export function claimMessages(o: OutboxTable): OutboxStatements['claim'] {
  const oldest = (cursor: string): string => `with seen as materialized (
  select c.${o.messageId} as id, c.${o.createdAt} as created_at, c.${o.ordinal} as ordinal, c.${o.sourceType} as type,
    c.${o.sourceId} as source
  from ${o.table} c
  where c.${o.status} in ('pending', 'in_flight') and ${isDue(o)}${cursor}
  order by c.${o.createdAt}, c.${o.ordinal}, c.${o.messageId}
  limit $4::int
), head as materialized (
  select head.id from (select distinct seen.type, seen.source as id from seen where seen.type is not null) asked
  cross join lateral (${headOf(o)}) head
), candidate as materialized (
  select seen.id from seen where seen.type is null or seen.id in (select head.id from head)
), ${claim(o)}
from (
  select count(*) as seen_count, (array_agg(json_build_array(seen.created_at::text, seen.ordinal, seen.id)::text
    order by seen.created_at, seen.ordinal, seen.id))[count(*)] as seen_last from seen
) seen left join claimed m on true
order by m.${o.createdAt}, m.${o.ordinal}, m.${o.messageId}`
  const fromStart = oldest('')
  const onwards = oldest(`
    and (c.${o.createdAt}, c.${o.ordinal}, c.${o.messageId}) > ($5::timestamptz, $6::int, $7::text)`)
  const ofSources = `with candidate as materialized (
  select head.id from unnest($4::text[], $5::text[]) as asked(type, id) cross join lateral (${headOf(o)}) head
), ${claim(o)}
from (select 0 as seen_count, null as seen_last) seen left join claimed m on true
order by m.${o.createdAt}, m.${o.ordinal}, m.${o.messageId}`
  return ({ worker, limit, leaseMs, sources, window, after }) => {
    const common = [worker, leaseMs, limit]
    const cursor = after === undefined ? [] : (JSON.parse(after) as unknown[])
    return {
      operation: 'claim outbox messages',
      text: sources !== undefined ? ofSources : after === undefined ? fromStart : onwards,
      parameters:
        sources !== undefined
          ? [
              ...common,
              sources.map(({ aggregateType }) => aggregateType),
              sources.map(({ aggregateId }) => aggregateId),
            ]
          : [...common, window, ...cursor],
      decode: (rows) => ({
        messages: rows
          .filter((row) => row['message_id'] !== null)
          .map((row) => decodeClaimed(row, worker, decodeTime)),
        next:
          sources === undefined && decodeInteger(rows[0]?.['seen_count']) === window
            ? (rows[0]?.['seen_last'] as string)
            : undefined,
      }),
    }
  }
}

/** Of a message that was published or failed it is not true either. */
function isDue(o: OutboxTable): string {
  return `case c.${o.status} when 'pending' then c.${o.nextAvailableAt} when 'in_flight' then c.${o.claimedUntil} end
    <= clock_timestamp()`
}

/** The first message about the stream `asked` that is not published or failed. */
function headOf(o: OutboxTable): string {
  return `
    select first.${o.messageId} as id from ${o.table} first
    where first.${o.status} in ('pending', 'in_flight')
      and first.${o.sourceType} = asked.type and first.${o.sourceId} = asked.id
    order by first.${o.sourceSequence}, first.${o.createdAt}, first.${o.ordinal}, first.${o.messageId}
    limit 1
  `
}

/**
 * Locks as many of the candidates as it can get, and claims those. They are found by their ids: the condition is not that
 * of the partial indexes, which would lead through everything that is not published.
 */
function claim(o: OutboxTable): string {
  return `due as materialized (
  select c.${o.messageId} as id from candidate join ${o.table} c on c.${o.messageId} = candidate.id
  where ${isDue(o)}
  order by c.${o.createdAt}, c.${o.ordinal}, c.${o.messageId}
  limit $3::int
  for update of c skip locked
), claimed as (
  update ${o.table} m set ${o.status} = 'in_flight', ${o.claimedBy} = $1, ${o.claimedUntil} = ${later('$2')},
    ${o.attempts} = m.${o.attempts} + 1
  from due where m.${o.messageId} = due.id
  returning m.*
)
select seen.seen_count, seen.seen_last, m.${o.messageId} as message_id, m.${o.messageType} as message_type,
  m.${o.payload}::text as payload, m.${o.payloadCodec} as codec, m.${o.payloadCodecVersion} as codec_version,
  m.${o.destination} as destination, m.${o.metadata}::text as metadata,
  ${milliseconds(`m.${o.createdAt}`)} as created_at, ${milliseconds(`m.${o.claimedUntil}`)} as claimed_until,
  m.${o.attempts} as attempts, m.${o.sourceType} as source_type, m.${o.sourceId} as source_id,
  m.${o.sourceSequence} as source_sequence, m.${o.correlationId} as correlation_id, m.${o.causationId} as causation_id`
}

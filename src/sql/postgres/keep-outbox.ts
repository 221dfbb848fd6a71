import { decodeCounts } from '../decode-outbox.js'
import type { OutboxStatements } from '../outbox-statements.js'
import type { OutboxTable } from '../tables.js'
import { NOW } from './clock.js'

/**
 * What is done with the outbox beside publishing. TypeORM's query() gives the rows of an UPDATE or DELETE in another form
 * than those of a SELECT, hence the SELECTs around them.
 */
export function keepOutbox(o: OutboxTable): Pick<OutboxStatements, 'redrive' | 'purge' | 'counts'> {
  const redriven = `with redriven as (
  update ${o.table} m set ${o.status} = 'pending', ${o.failedAt} = null, ${o.attempts} = 0, ${o.nextAvailableAt} = ${NOW}
  where m.${o.status} = 'failed' and ($1::text[] is null or m.${o.messageId} = any($1::text[]))
  returning 1
) select 1 as redriven from redriven`
  const purged = `with old as materialized (
  select m.${o.messageId} as id from ${o.table} m
  where m.${o.status} = 'published' and m.${o.publishedAt} < $1::timestamptz
  order by m.${o.publishedAt}
  limit $2::int
  for update skip locked
), purged as (
  delete from ${o.table} m using old where m.${o.messageId} = old.id returning 1
) select 1 as purged from purged`
  const counted = `select count(*) filter (where m.${o.status} = 'pending') as pending,
  count(*) filter (where m.${o.status} = 'in_flight') as in_flight,
  count(*) filter (where m.${o.status} = 'published') as published,
  count(*) filter (where m.${o.status} = 'failed') as failed,
  date_part('epoch', clock_timestamp() - min(m.${o.createdAt}) filter (where m.${o.status} = 'pending')) * 1000
    as oldest_pending_ms
from ${o.table} m`
  return {
    redrive: (messageIds) => ({
      operation: 'redrive outbox messages',
      text: redriven,
      parameters: [messageIds === undefined ? null : [...messageIds]],
      decode: (rows) => rows.length,
    }),
    purge: (publishedBefore, limit) => ({
      operation: 'purge outbox messages',
      text: purged,
      parameters: [publishedBefore.toISOString(), limit],
      decode: (rows) => rows.length,
    }),
    counts: () => ({
      operation: 'count outbox messages',
      text: counted,
      parameters: [],
      decode: decodeCounts,
    }),
  }
}

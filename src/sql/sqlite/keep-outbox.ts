import { decodeCounts } from '../decode-outbox.js'
import type { OutboxStatements } from '../outbox-statements.js'
import type { OutboxTable } from '../tables.js'
import { NOW } from './clock.js'
import { encodeTime } from './event-columns.js'

/**
 * What is done with the outbox beside publishing. In lower case on purpose: for a text that begins with UPDATE or DELETE
 * the sqlite3 driver returns no rows.
 */
export function keepOutbox(o: OutboxTable): Pick<OutboxStatements, 'redrive' | 'purge' | 'counts'> {
  const redriven = (
    filter: string,
  ): string => `update ${o.table} set ${o.status} = 'pending', ${o.failedAt} = null,
  ${o.attempts} = 0, ${o.nextAvailableAt} = ${NOW}
where ${o.status} = 'failed'${filter}
returning 1 as redriven`
  const all = redriven('')
  const some = redriven(` and ${o.messageId} in (select value from json_each(?))`)
  const purged = `delete from ${o.table} where ${o.messageId} in (
  select m.${o.messageId} from ${o.table} m
  where m.${o.status} = 'published' and m.${o.publishedAt} < ?
  order by m.${o.publishedAt}
  limit ?
)
returning 1 as purged`
  const counted = `select count(*) filter (where m.${o.status} = 'pending') as pending,
  count(*) filter (where m.${o.status} = 'in_flight') as in_flight,
  count(*) filter (where m.${o.status} = 'published') as published,
  count(*) filter (where m.${o.status} = 'failed') as failed,
  (julianday('now') - julianday(min(m.${o.createdAt}) filter (where m.${o.status} = 'pending'))) * 86400000
    as oldest_pending_ms
from ${o.table} m`
  return {
    redrive: (messageIds) => ({
      operation: 'redrive outbox messages',
      text: messageIds === undefined ? all : some,
      parameters: messageIds === undefined ? [] : [JSON.stringify(messageIds)],
      decode: (rows) => rows.length,
    }),
    purge: (publishedBefore, limit) => ({
      operation: 'purge outbox messages',
      text: purged,
      parameters: [encodeTime(publishedBefore), limit],
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

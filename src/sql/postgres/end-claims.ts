import { decodeIds } from '../decode-outbox.js'
import type { Claim, OutboxStatements } from '../outbox-statements.js'
import type { OutboxTable } from '../tables.js'
import { later, NOW } from './clock.js'

/**
 * Ends claims that are live: by their worker, of this attempt, with a lease that has not run out. TypeORM's query() gives
 * the rows of an UPDATE in another form than those of a SELECT, hence the SELECT around it.
 */
export function endClaims(o: OutboxTable): Pick<OutboxStatements, 'complete' | 'release' | 'fail'> {
  const end = (assignments: string): string => `with ended as (
  update ${o.table} m set ${o.claimedBy} = null, ${o.claimedUntil} = null, ${assignments}
  from unnest($2::text[], $3::int[]) as claim(id, attempt)
  where m.${o.messageId} = claim.id and m.${o.attempts} = claim.attempt and m.${o.claimedBy} = $1
    and m.${o.status} = 'in_flight' and m.${o.claimedUntil} > clock_timestamp()
  returning m.${o.messageId} as id
) select ended.id as message_id from ended`
  const completed = end(`${o.status} = 'published', ${o.publishedAt} = ${NOW}`)
  const released = end(`${o.status} = 'pending', ${o.attempts} = m.${o.attempts} - 1`)
  const retried = end(`${o.status} = 'pending', ${o.lastError} = $4, ${o.nextAvailableAt} = ${later('$5')}`)
  const failed = end(`${o.status} = 'failed', ${o.lastError} = $4, ${o.failedAt} = ${NOW}`)
  return {
    complete: (worker, claims) => ({
      operation: 'complete outbox messages',
      text: completed,
      parameters: [worker, ...lists(claims)],
      decode: decodeIds,
    }),
    release: (worker, claims) => ({
      operation: 'release outbox messages',
      text: released,
      parameters: [worker, ...lists(claims)],
      decode: decodeIds,
    }),
    fail: (claim, error, retryInMs) => ({
      operation: 'fail outbox message',
      text: retryInMs === undefined ? failed : retried,
      parameters: [claim.worker, ...lists([claim]), error, ...(retryInMs === undefined ? [] : [retryInMs])],
      decode: (rows) => rows.length === 1,
    }),
  }
}

function lists(claims: readonly Claim[]): [string[], number[]] {
  return [claims.map(({ messageId }) => messageId), claims.map(({ attempt }) => attempt)]
}

import { decodeIds } from '../decode-outbox.js'
import type { Claim, OutboxStatements } from '../outbox-statements.js'
import type { OutboxTable } from '../tables.js'
import { encodeDelay, LATER, NOW } from './clock.js'

/**
 * Ends claims that are live: by their worker, of this attempt, with a lease that has not run out. In lower case on
 * purpose: for a text that begins with UPDATE the sqlite3 driver returns no rows.
 */
export function endClaims(o: OutboxTable): Pick<OutboxStatements, 'complete' | 'release' | 'fail'> {
  const end = (
    assignments: string,
  ): string => `update ${o.table} set ${o.claimedBy} = null, ${o.claimedUntil} = null,
  ${assignments}
from (select value ->> 0 as id, value ->> 1 as attempt from json_each(?)) claim
where ${o.messageId} = claim.id and ${o.attempts} = claim.attempt and ${o.claimedBy} = ?
  and ${o.status} = 'in_flight' and ${o.claimedUntil} > ${NOW}
returning ${o.messageId} as message_id`
  const completed = end(`${o.status} = 'published', ${o.publishedAt} = ${NOW}`)
  const released = end(`${o.status} = 'pending', ${o.attempts} = ${o.attempts} - 1`)
  const retried = end(`${o.status} = 'pending', ${o.lastError} = ?, ${o.nextAvailableAt} = ${LATER}`)
  const failed = end(`${o.status} = 'failed', ${o.lastError} = ?, ${o.failedAt} = ${NOW}`)
  return {
    complete: (worker, claims) => ({
      operation: 'complete outbox messages',
      text: completed,
      parameters: [list(claims), worker],
      decode: decodeIds,
    }),
    release: (worker, claims) => ({
      operation: 'release outbox messages',
      text: released,
      parameters: [list(claims), worker],
      decode: decodeIds,
    }),
    fail: (claim, error, retryInMs) => ({
      operation: 'fail outbox message',
      text: retryInMs === undefined ? failed : retried,
      parameters: [
        error,
        ...(retryInMs === undefined ? [] : [encodeDelay(retryInMs)]),
        list([claim]),
        claim.worker,
      ],
      decode: (rows) => rows.length === 1,
    }),
  }
}

function list(claims: readonly Claim[]): string {
  return JSON.stringify(claims.map(({ messageId, attempt }) => [messageId, attempt]))
}

import type { LockStatements } from '../lock-statements.js'
import type { LockTable } from '../tables.js'
import { encodeDelay, LATER, NOW } from './clock.js'

/**
 * The statements over leased locks. In lower case on purpose: for a text that begins with INSERT or UPDATE the sqlite3
 * driver returns no rows.
 */
export function lockStatements(l: LockTable): LockStatements {
  const taken = `insert into ${l.table} as held (${l.lockKey}, ${l.ownerToken}, ${l.acquiredAt}, ${l.expiresAt})
values (?, ?, ${NOW}, ${LATER})
on conflict (${l.lockKey}) do update set ${l.ownerToken} = excluded.${l.ownerToken},
  ${l.acquiredAt} = excluded.${l.acquiredAt}, ${l.expiresAt} = excluded.${l.expiresAt}
where held.${l.expiresAt} <= ${NOW}
returning 1 as taken`
  const renewed = `update ${l.table} set ${l.expiresAt} = ${LATER}
where ${l.lockKey} in (select value from json_each(?)) and ${l.ownerToken} = ? and ${l.expiresAt} > ${NOW}
returning 1 as renewed`
  const released = `delete from ${l.table} where ${l.lockKey} in (select value from json_each(?)) and ${l.ownerToken} = ?`
  return {
    acquire: (key, owner, leaseMs) => ({
      operation: 'acquire lock',
      text: taken,
      parameters: [key, owner, encodeDelay(leaseMs)],
      decode: (rows) => rows.length === 1,
    }),
    renew: (keys, owner, leaseMs) => ({
      operation: 'renew locks',
      text: renewed,
      parameters: [encodeDelay(leaseMs), JSON.stringify(keys), owner],
      decode: (rows) => rows.length,
    }),
    release: (keys, owner) => ({
      operation: 'release locks',
      text: released,
      parameters: [JSON.stringify(keys), owner],
      decode: () => undefined,
    }),
  }
}

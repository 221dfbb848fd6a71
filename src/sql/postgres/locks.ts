import type { LockStatements } from '../lock-statements.js'
import type { LockTable } from '../tables.js'
import { later, NOW } from './clock.js'

/**
 * The statements over leased locks. The clock is read after a statement has waited for another one. TypeORM's query()
 * gives the rows of an UPDATE in another form than those of a SELECT, hence the SELECT around it.
 */
export function lockStatements(l: LockTable): LockStatements {
  const taken = `insert into ${l.table} as held (${l.lockKey}, ${l.ownerToken}, ${l.acquiredAt}, ${l.expiresAt})
values ($1, $2, ${NOW}, ${later('$3')})
on conflict (${l.lockKey}) do update set ${l.ownerToken} = excluded.${l.ownerToken}, ${l.acquiredAt} = ${NOW},
  ${l.expiresAt} = ${later('$3')}
where held.${l.expiresAt} <= clock_timestamp()
returning 1 as taken`
  const renewed = `with renewed as (
  update ${l.table} set ${l.expiresAt} = ${later('$3')}
  where ${l.lockKey} = any($1::text[]) and ${l.ownerToken} = $2 and ${l.expiresAt} > clock_timestamp()
  returning 1
) select 1 as renewed from renewed`
  const released = `delete from ${l.table} where ${l.lockKey} = any($1::text[]) and ${l.ownerToken} = $2`
  return {
    acquire: (key, owner, leaseMs) => ({
      operation: 'acquire lock',
      text: taken,
      parameters: [key, owner, leaseMs],
      decode: (rows) => rows.length === 1,
    }),
    renew: (keys, owner, leaseMs) => ({
      operation: 'renew locks',
      text: renewed,
      parameters: [[...keys], owner, leaseMs],
      decode: (rows) => rows.length,
    }),
    release: (keys, owner) => ({
      operation: 'release locks',
      text: released,
      parameters: [[...keys], owner],
      decode: () => undefined,
    }),
  }
}

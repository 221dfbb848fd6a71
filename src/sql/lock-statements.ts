import type { Statement } from './statement.js'

/** The statements over leased locks, compiled for one table. */
export interface LockStatements {
  /** Takes the lock if it is free, or its lease ran out by the database's clock; gives whether it did. */
  acquire(key: string, owner: string, leaseMs: number): Statement<boolean>
  /** Extends the leases of this owner; gives how many it still holds. */
  renew(keys: readonly string[], owner: string, leaseMs: number): Statement<number>
  /** Gives the locks back that this owner holds. */
  release(keys: readonly string[], owner: string): Statement<void>
}

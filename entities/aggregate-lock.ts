import { Check, Column, Entity, PrimaryColumn } from 'typeorm'
import { columnTypes } from './column-types.js'
import type { Dialect } from './dialect.js'

/** The lease of one lock, as TypeORM hydrates it. A lock without a row is free. */
export interface AggregateLockRow {
  lockKey: string
  ownerToken: string
  acquiredAt: Date
  /** From then on anybody may take the lock. */
  expiresAt: Date
}

/** Marks every class that maps the lock table, whichever way a host extended it. */
export const LOCK_ENTITY = Symbol.for('typeorm-sourced.lock-entity')

function lockColumns(
  dialect: Dialect,
): (abstract new () => AggregateLockRow) & { readonly [LOCK_ENTITY]: Dialect } {
  const { time } = columnTypes[dialect]

  @Check('ck_aggregate_locks_lock_key', `"lock_key" <> ''`)
  @Check('ck_aggregate_locks_owner_token', `"owner_token" <> ''`)
  abstract class LockColumns implements AggregateLockRow {
    static readonly [LOCK_ENTITY] = dialect

    @PrimaryColumn({
      name: 'lock_key',
      type: 'varchar',
      length: 600,
      primaryKeyConstraintName: 'pk_aggregate_locks',
    })
    lockKey!: string

    @Column({ name: 'owner_token', type: 'varchar', length: 255 })
    ownerToken!: string

    @Column({ name: 'acquired_at', ...time })
    acquiredAt!: Date

    @Column({ name: 'expires_at', ...time })
    expiresAt!: Date
  }
  return LockColumns
}

/** The lock table on Postgres. */
@Entity('aggregate_locks')
export class PostgresAggregateLock extends lockColumns('postgres') {}

/** The lock table on SQLite. */
@Entity('aggregate_locks')
export class SqliteAggregateLock extends lockColumns('sqlite') {}

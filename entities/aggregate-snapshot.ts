import { Check, Column, Entity, PrimaryColumn } from 'typeorm'
import { columnTypes } from './column-types.js'
import type { Dialect } from './dialect.js'

/** The latest snapshot of one stream, as TypeORM hydrates it. A cache: deleting rows is always safe. */
export interface AggregateSnapshotRow {
  aggregateType: string
  aggregateId: string
  /** The sequence of the last event that the snapshot contains. */
  version: number
  snapshotType: string
  snapshotVersion: number
  payload: unknown
  payloadCodec: string
  payloadCodecVersion: number
  metadata: Record<string, unknown>
  recordedAt: Date
}

/** Marks every class that maps the snapshot table, whichever way a host extended it. */
export const SNAPSHOT_ENTITY = Symbol.for('typeorm-sourced.snapshot-entity')

function snapshotColumns(
  dialect: Dialect,
): (abstract new () => AggregateSnapshotRow) & { readonly [SNAPSHOT_ENTITY]: Dialect } {
  const types = columnTypes[dialect]
  const key = { primaryKeyConstraintName: 'pk_aggregate_snapshots' }

  @Check('ck_aggregate_snapshots_aggregate_type', `"aggregate_type" <> ''`)
  @Check('ck_aggregate_snapshots_aggregate_id', `"aggregate_id" <> ''`)
  @Check('ck_aggregate_snapshots_version', `"version" > 0`)
  @Check('ck_aggregate_snapshots_snapshot_type', `"snapshot_type" <> ''`)
  @Check('ck_aggregate_snapshots_snapshot_version', `"snapshot_version" > 0`)
  @Check('ck_aggregate_snapshots_payload_codec', `"payload_codec" <> ''`)
  @Check('ck_aggregate_snapshots_payload_codec_version', `"payload_codec_version" > 0`)
  abstract class SnapshotColumns implements AggregateSnapshotRow {
    static readonly [SNAPSHOT_ENTITY] = dialect

    @PrimaryColumn({ name: 'aggregate_type', type: 'varchar', length: 255, ...key })
    aggregateType!: string

    @PrimaryColumn({ name: 'aggregate_id', type: 'varchar', length: 255, ...key })
    aggregateId!: string

    @Column({ name: 'version', type: 'integer' })
    version!: number

    @Column({ name: 'snapshot_type', type: 'varchar', length: 255 })
    snapshotType!: string

    @Column({ name: 'snapshot_version', type: 'integer' })
    snapshotVersion!: number

    @Column({ name: 'payload', type: 'json' })
    payload!: unknown

    @Column({ name: 'payload_codec', type: 'varchar', length: 255 })
    payloadCodec!: string

    @Column({ name: 'payload_codec_version', type: 'integer' })
    payloadCodecVersion!: number

    @Column({ name: 'metadata', ...types.metadata })
    metadata!: Record<string, unknown>

    @Column({ name: 'recorded_at', ...types.recordedAt })
    recordedAt!: Date
  }
  return SnapshotColumns
}

/** The snapshot table on Postgres. */
@Entity('aggregate_snapshots')
export class PostgresAggregateSnapshot extends snapshotColumns('postgres') {}

/** The snapshot table on SQLite. */
@Entity('aggregate_snapshots')
export class SqliteAggregateSnapshot extends snapshotColumns('sqlite') {}

import { Check, Column, Entity, PrimaryColumn } from 'typeorm'
import { columnTypes, payloadColumn } from './column-types.js'
import type { PayloadType } from './column-types.js'
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

/** What a host may choose of the snapshot table beside its name. */
export interface SnapshotEntityOptions<D extends Dialect = Dialect> {
  /** The type of the payload column, with the same limits as that of events. @defaultValue 'json' */
  readonly payload?: PayloadType<D>
  /** What the names of the table's keys and checks contain; see `EventEntityOptions`. @defaultValue 'aggregate_snapshots' */
  readonly name?: string
}

/** Gives an abstract class with the columns, key and checks of the snapshot table for one database; see `eventEntity`. */
export function snapshotEntity<D extends Dialect>(
  dialect: D,
  options: SnapshotEntityOptions<D> = {},
): (abstract new () => AggregateSnapshotRow) & { readonly [SNAPSHOT_ENTITY]: Dialect } {
  const { name = 'aggregate_snapshots' } = options
  const payload = payloadColumn(dialect, options.payload)
  const types = columnTypes[dialect]
  const key = { primaryKeyConstraintName: `pk_${name}` }

  @Check(`ck_${name}_aggregate_type`, `"aggregate_type" <> ''`)
  @Check(`ck_${name}_aggregate_id`, `"aggregate_id" <> ''`)
  @Check(`ck_${name}_version`, `"version" > 0`)
  @Check(`ck_${name}_snapshot_type`, `"snapshot_type" <> ''`)
  @Check(`ck_${name}_snapshot_version`, `"snapshot_version" > 0`)
  @Check(`ck_${name}_payload_codec`, `"payload_codec" <> ''`)
  @Check(`ck_${name}_payload_codec_version`, `"payload_codec_version" > 0`)
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

    @Column({ name: 'payload', ...payload })
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
export class PostgresAggregateSnapshot extends snapshotEntity('postgres') {}

/** The snapshot table on SQLite. */
@Entity('aggregate_snapshots')
export class SqliteAggregateSnapshot extends snapshotEntity('sqlite') {}

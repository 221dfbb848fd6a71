import { Check, Column, Entity, PrimaryColumn, PrimaryGeneratedColumn, Unique } from 'typeorm'
import { columnTypes, payloadColumn } from './column-types.js'
import type { PayloadType } from './column-types.js'
import type { Dialect } from './dialect.js'

/** One row of the event table, as TypeORM hydrates it. Read it freely; only the store writes it. */
export interface AggregateEventRow {
  aggregateType: string
  aggregateId: string
  /** Place in the stream: 1, 2, 3 … without gaps. */
  sequence: number
  /** Place in the whole store; gaps allowed, never reused. A string on Postgres, where the column is a bigint. */
  position: string | number
  /** The same for all events that were committed together. */
  commitId: string
  eventName: string
  eventVersion: number
  payload: unknown
  payloadCodec: string
  payloadCodecVersion: number
  metadata: Record<string, unknown>
  recordedAt: Date
}

/** Marks every class that maps the event table, whichever way a host extended it. */
export const EVENT_ENTITY = Symbol.for('typeorm-sourced.event-entity')

/** What a host may choose of the event table beside its name. */
export interface EventEntityOptions<D extends Dialect = Dialect> {
  /**
   * The type of the payload column. `json` and `text` keep a payload as it was written. `jsonb` can be indexed, but does not keep
   * the order of keys, and cannot hold NUL characters and halves of surrogate pairs, which are refused. @defaultValue 'json'
   */
  readonly payload?: PayloadType<D>
  /**
   * What the names of the table's keys and checks contain. A schema that holds a second event table needs another name for it;
   * the shipped migrations then do not fit. @defaultValue 'aggregate_events'
   */
  readonly name?: string
}

/**
 * Gives an abstract class with the columns, keys and checks of the event table for one database. The shipped entities extend it.
 * A host that only adds columns extends a shipped entity; one that chooses the payload's type extends this.
 *
 * On Postgres the stream key is the primary key. SQLite only numbers rows through an integer primary key, so
 * there the position is the primary key and the stream key is unique.
 *
 * @example
 * @Entity('aggregate_events')
 * @Index('ix_aggregate_events_tenant', ['tenantId', 'position'])
 * class TenantEvent extends eventEntity('postgres', { payload: 'jsonb' }) {
 *   @Column({ name: 'tenant_id', type: 'varchar' })
 *   tenantId!: string
 * }
 */
export function eventEntity<D extends Dialect>(
  dialect: D,
  options: EventEntityOptions<D> = {},
): (abstract new () => AggregateEventRow) & { readonly [EVENT_ENTITY]: Dialect } {
  const { name = 'aggregate_events' } = options
  const payload = payloadColumn(dialect, options.payload)
  const types = columnTypes[dialect]
  const isPostgres = dialect === 'postgres'
  const Key = isPostgres ? PrimaryColumn : Column
  const keyed = isPostgres ? { primaryKeyConstraintName: `pk_${name}` } : {}
  const Position = isPostgres
    ? Column({ name: 'position', type: 'bigint', generated: 'identity', generatedIdentity: 'ALWAYS' })
    : PrimaryGeneratedColumn('increment', { name: 'position', type: 'integer' })
  const Identified = isPostgres
    ? Unique(`uq_${name}_position`, ['position'])
    : Unique(`uq_${name}_stream`, ['aggregateType', 'aggregateId', 'sequence'])

  @Identified
  @Check(`ck_${name}_aggregate_type`, `"aggregate_type" <> ''`)
  @Check(`ck_${name}_aggregate_id`, `"aggregate_id" <> ''`)
  @Check(`ck_${name}_sequence`, `"sequence" > 0`)
  @Check(`ck_${name}_event_name`, `"event_name" <> ''`)
  @Check(`ck_${name}_event_version`, `"event_version" > 0`)
  @Check(`ck_${name}_payload_codec`, `"payload_codec" <> ''`)
  @Check(`ck_${name}_payload_codec_version`, `"payload_codec_version" > 0`)
  abstract class EventColumns implements AggregateEventRow {
    static readonly [EVENT_ENTITY] = dialect

    @Key({ name: 'aggregate_type', type: 'varchar', length: 255, ...keyed })
    aggregateType!: string

    @Key({ name: 'aggregate_id', type: 'varchar', length: 255, ...keyed })
    aggregateId!: string

    @Key({ name: 'sequence', type: 'integer', ...keyed })
    sequence!: number

    @Position
    position!: string | number

    @Column({ name: 'commit_id', ...types.uuid })
    commitId!: string

    @Column({ name: 'event_name', type: 'varchar', length: 255 })
    eventName!: string

    @Column({ name: 'event_version', type: 'integer', default: 1 })
    eventVersion!: number

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
  return EventColumns
}

/** The event table on Postgres. */
@Entity('aggregate_events')
export class PostgresAggregateEvent extends eventEntity('postgres') {}

/** The event table on SQLite. */
@Entity('aggregate_events')
export class SqliteAggregateEvent extends eventEntity('sqlite') {}

import { Check, Column, Entity, PrimaryColumn, PrimaryGeneratedColumn, Unique } from 'typeorm'
import { columnTypes } from './column-types.js'
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

/**
 * Gives an abstract class with the columns and checks of the event table for one database. The shipped
 * entities extend it; a host that adds columns extends a shipped entity instead.
 *
 * On Postgres the stream key is the primary key. SQLite only numbers rows through an integer primary key, so
 * there the position is the primary key and the stream key is unique.
 */
function eventColumns(
  dialect: Dialect,
): (abstract new () => AggregateEventRow) & { readonly [EVENT_ENTITY]: Dialect } {
  const types = columnTypes[dialect]
  const key = 'pk_aggregate_events'
  const Key = dialect === 'postgres' ? PrimaryColumn : Column
  const keyed = dialect === 'postgres' ? { primaryKeyConstraintName: key } : {}
  const Position =
    dialect === 'postgres'
      ? Column({ name: 'position', type: 'bigint', generated: 'identity', generatedIdentity: 'ALWAYS' })
      : PrimaryGeneratedColumn('increment', { name: 'position', type: 'integer' })

  @Check('ck_aggregate_events_aggregate_type', `"aggregate_type" <> ''`)
  @Check('ck_aggregate_events_aggregate_id', `"aggregate_id" <> ''`)
  @Check('ck_aggregate_events_sequence', `"sequence" > 0`)
  @Check('ck_aggregate_events_event_name', `"event_name" <> ''`)
  @Check('ck_aggregate_events_event_version', `"event_version" > 0`)
  @Check('ck_aggregate_events_payload_codec', `"payload_codec" <> ''`)
  @Check('ck_aggregate_events_payload_codec_version', `"payload_codec_version" > 0`)
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
  return EventColumns
}

/** The event table on Postgres. */
@Entity('aggregate_events')
@Unique('uq_aggregate_events_position', ['position'])
export class PostgresAggregateEvent extends eventColumns('postgres') {}

/** The event table on SQLite. */
@Entity('aggregate_events')
@Unique('uq_aggregate_events_stream', ['aggregateType', 'aggregateId', 'sequence'])
export class SqliteAggregateEvent extends eventColumns('sqlite') {}

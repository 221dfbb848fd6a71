import { PostgresAggregateEvent, SqliteAggregateEvent } from './aggregate-event.js'
import { PostgresAggregateSnapshot, SqliteAggregateSnapshot } from './aggregate-snapshot.js'

export { EVENT_ENTITY, PostgresAggregateEvent, SqliteAggregateEvent } from './aggregate-event.js'
export type { AggregateEventRow } from './aggregate-event.js'
export { PostgresAggregateSnapshot, SNAPSHOT_ENTITY, SqliteAggregateSnapshot } from './aggregate-snapshot.js'
export type { AggregateSnapshotRow } from './aggregate-snapshot.js'
export type { Dialect } from './dialect.js'

/**
 * Everything to put into a Postgres DataSource's `entities`.
 *
 * @example
 * new DataSource({ type: 'postgres', url, entities: [...postgresEntities], migrations: [...sourcedMigrations] })
 */
export const postgresEntities = [PostgresAggregateEvent, PostgresAggregateSnapshot] as const

/** Everything to put into a SQLite DataSource's `entities`. */
export const sqliteEntities = [SqliteAggregateEvent, SqliteAggregateSnapshot] as const

import { PostgresAggregateEvent, SqliteAggregateEvent } from './aggregate-event.js'
import { PostgresAggregateLock, SqliteAggregateLock } from './aggregate-lock.js'
import { PostgresAggregateSnapshot, SqliteAggregateSnapshot } from './aggregate-snapshot.js'
import { PostgresOutboxMessage, SqliteOutboxMessage } from './outbox-message.js'
import { PostgresProcessedMessage, SqliteProcessedMessage } from './processed-message.js'

export { EVENT_ENTITY, eventEntity, PostgresAggregateEvent, SqliteAggregateEvent } from './aggregate-event.js'
export type { AggregateEventRow, EventEntityOptions } from './aggregate-event.js'
export { LOCK_ENTITY, PostgresAggregateLock, SqliteAggregateLock } from './aggregate-lock.js'
export type { AggregateLockRow } from './aggregate-lock.js'
export {
  PostgresAggregateSnapshot,
  SNAPSHOT_ENTITY,
  snapshotEntity,
  SqliteAggregateSnapshot,
} from './aggregate-snapshot.js'
export type { AggregateSnapshotRow, SnapshotEntityOptions } from './aggregate-snapshot.js'
export type { PayloadType } from './column-types.js'
export type { Dialect } from './dialect.js'
export { OUTBOX_ENTITY, PostgresOutboxMessage, SqliteOutboxMessage } from './outbox-message.js'
export type { OutboxMessageRow, OutboxMessageStatus } from './outbox-message.js'
export {
  PostgresProcessedMessage,
  PROCESSED_MESSAGE_ENTITY,
  SqliteProcessedMessage,
} from './processed-message.js'
export type { ProcessedMessageRow } from './processed-message.js'

/**
 * Everything to put into a Postgres DataSource's `entities`. The events and snapshots are needed by every store;
 * processed messages, the outbox and locks only by those that use them, and can be left out.
 *
 * @example
 * new DataSource({ type: 'postgres', url, entities: [...postgresEntities], migrations: [...sourcedMigrations] })
 */
export const postgresEntities = [
  PostgresAggregateEvent,
  PostgresAggregateSnapshot,
  PostgresProcessedMessage,
  PostgresOutboxMessage,
  PostgresAggregateLock,
] as const

/** Everything to put into a SQLite DataSource's `entities`; see `postgresEntities`. */
export const sqliteEntities = [
  SqliteAggregateEvent,
  SqliteAggregateSnapshot,
  SqliteProcessedMessage,
  SqliteOutboxMessage,
  SqliteAggregateLock,
] as const

import type { EntityManager } from 'typeorm'
import type { EventSource, SnapshotSource } from './column-sources.js'
import type { Sources } from './host-columns.js'

/** How a store uses its DataSource, with every default filled in. */
export interface DatabaseOptions {
  readonly preparedStatements: boolean
  readonly guardSqlite: boolean
  readonly sqliteLockTimeoutMs: number | undefined
  readonly lostCommitTimeoutMs: number
  readonly manager: (() => EntityManager) | undefined
  /** The entity classes that map the tables; `undefined` finds them among the DataSource's entities. */
  readonly eventEntity: (new () => object) | undefined
  readonly snapshotEntity: (new () => object) | undefined
  readonly processedMessageEntity: (new () => object) | undefined
  readonly outboxMessageEntity: (new () => object) | undefined
  readonly aggregateLockEntity: (new () => object) | undefined
  /** Where the values of the columns come from that the host added. */
  readonly eventColumns: Sources<EventSource> | undefined
  readonly snapshotColumns: Sources<SnapshotSource> | undefined
}

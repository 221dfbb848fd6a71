import type { OwnColumns } from './own-columns.js'

/** What a host may have chosen of a table with payloads. */
export interface Extensible {
  readonly payloadType: string
  readonly own: OwnColumns
}

/** The event table's identifiers, quoted, as the host's entity names them. */
export interface EventTable extends Extensible {
  readonly table: string
  readonly aggregateType: string
  readonly aggregateId: string
  readonly sequence: string
  readonly position: string
  readonly commitId: string
  readonly eventName: string
  readonly eventVersion: string
  readonly payload: string
  readonly payloadCodec: string
  readonly payloadCodecVersion: string
  readonly metadata: string
  readonly recordedAt: string
}

/** The snapshot table's identifiers, quoted. */
export interface SnapshotTable extends Extensible {
  readonly table: string
  readonly aggregateType: string
  readonly aggregateId: string
  readonly version: string
  readonly snapshotType: string
  readonly snapshotVersion: string
  readonly payload: string
  readonly payloadCodec: string
  readonly payloadCodecVersion: string
  readonly metadata: string
  readonly recordedAt: string
}

/** The processed-message table's identifiers, quoted. */
export interface InboxTable {
  readonly table: string
  readonly consumerName: string
  readonly messageId: string
  readonly processedAt: string
}

/** The outbox's identifiers, quoted. */
export interface OutboxTable {
  readonly table: string
  readonly messageId: string
  readonly messageType: string
  readonly payload: string
  readonly payloadCodec: string
  readonly payloadCodecVersion: string
  readonly destination: string
  readonly metadata: string
  readonly status: string
  readonly createdAt: string
  readonly ordinal: string
  readonly nextAvailableAt: string
  readonly claimedBy: string
  readonly claimedUntil: string
  readonly attempts: string
  readonly lastError: string
  readonly publishedAt: string
  readonly failedAt: string
  readonly sourceType: string
  readonly sourceId: string
  readonly sourceSequence: string
  readonly correlationId: string
  readonly causationId: string
}

/** The lock table's identifiers, quoted. */
export interface LockTable {
  readonly table: string
  readonly lockKey: string
  readonly ownerToken: string
  readonly acquiredAt: string
  readonly expiresAt: string
}

/** The tables of one store. */
export interface Tables {
  readonly events: EventTable
  readonly snapshots: SnapshotTable
  /** `undefined`: the DataSource does not register the entity. */
  readonly inbox: InboxTable | undefined
  readonly outbox: OutboxTable | undefined
  readonly locks: LockTable | undefined
}

/** A string as a SQL literal: for identifiers that go into a statement's text, never for values. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

import type { DataSource, EntityMetadata } from 'typeorm'
import {
  EVENT_ENTITY,
  LOCK_ENTITY,
  OUTBOX_ENTITY,
  PROCESSED_MESSAGE_ENTITY,
  SNAPSHOT_ENTITY,
} from '../../entities/index.js'
import type { Dialect } from '../../entities/index.js'
import { SchemaError } from '../errors/index.js'
import type { EventTable, InboxTable, LockTable, OutboxTable, SnapshotTable, Tables } from '../sql/tables.js'
import type { DatabaseOptions } from './database-options.js'

/** One table as the host's entity names it, quoted for SQL, and what is needed to inspect it. */
export interface ResolvedTable<Names> {
  readonly names: Names
  readonly metadata: EntityMetadata
}

/** The tables of a store. Those that a host need not have are `undefined` if it does not register their entities. */
export interface ResolvedTables {
  readonly events: ResolvedTable<EventTable>
  readonly snapshots: ResolvedTable<SnapshotTable>
  readonly inbox: ResolvedTable<InboxTable> | undefined
  readonly outbox: ResolvedTable<OutboxTable> | undefined
  readonly locks: ResolvedTable<LockTable> | undefined
}

/** The entity classes of a store, where the DataSource registers several. */
export type TableEntities = Pick<DatabaseOptions, EntityKind['option']>

export function resolveTables(
  dataSource: DataSource,
  dialect: Dialect,
  options: TableEntities,
): ResolvedTables {
  const find = (kind: EntityKind): EntityMetadata | undefined =>
    findEntity(dataSource, dialect, kind, options[kind.option])
  const required = (kind: EntityKind): EntityMetadata => {
    const metadata = find(kind)
    if (metadata === undefined)
      throw new SchemaError([`the DataSource registers no ${kind.what} entity`], cure(dialect))
    return metadata
  }
  const resolve = <Names>(metadata: EntityMetadata, properties: readonly (keyof Names & string)[]) =>
    resolveTable<Names>(dataSource, dialect, metadata, properties)
  const inbox = find(KINDS.inbox)
  const outbox = find(KINDS.outbox)
  const locks = find(KINDS.locks)
  return {
    events: resolve<EventTable>(required(KINDS.events), EVENT_PROPERTIES),
    snapshots: resolve<SnapshotTable>(required(KINDS.snapshots), SNAPSHOT_PROPERTIES),
    inbox: inbox && resolve<InboxTable>(inbox, INBOX_PROPERTIES),
    outbox: outbox && resolve<OutboxTable>(outbox, OUTBOX_PROPERTIES),
    locks: locks && resolve<LockTable>(locks, LOCK_PROPERTIES),
  }
}

/** What the statements are compiled for. */
export function tablesOf({ events, snapshots, inbox, outbox, locks }: ResolvedTables): Tables {
  return {
    events: events.names,
    snapshots: snapshots.names,
    inbox: inbox?.names,
    outbox: outbox?.names,
    locks: locks?.names,
  }
}

/** How to find the entity of one table. */
interface EntityKind {
  readonly mark: symbol
  readonly what: string
  /** The store's option that names one of several. */
  readonly option:
    | 'eventEntity'
    | 'snapshotEntity'
    | 'processedMessageEntity'
    | 'outboxMessageEntity'
    | 'aggregateLockEntity'
}

const KINDS = {
  events: { mark: EVENT_ENTITY, what: 'event', option: 'eventEntity' },
  snapshots: { mark: SNAPSHOT_ENTITY, what: 'snapshot', option: 'snapshotEntity' },
  inbox: {
    mark: PROCESSED_MESSAGE_ENTITY,
    what: 'processed-message',
    option: 'processedMessageEntity',
  },
  outbox: { mark: OUTBOX_ENTITY, what: 'outbox', option: 'outboxMessageEntity' },
  locks: { mark: LOCK_ENTITY, what: 'lock', option: 'aggregateLockEntity' },
} as const satisfies { [Table in keyof ResolvedTables]: EntityKind }

type Properties<Names> = readonly Exclude<keyof Names & string, 'table'>[]

const PAYLOAD = ['payload', 'payloadCodec', 'payloadCodecVersion', 'metadata'] as const

const EVENT_PROPERTIES: Properties<EventTable> = [
  'aggregateType',
  'aggregateId',
  'sequence',
  'position',
  'commitId',
  'eventName',
  'eventVersion',
  ...PAYLOAD,
  'recordedAt',
]

const SNAPSHOT_PROPERTIES: Properties<SnapshotTable> = [
  'aggregateType',
  'aggregateId',
  'version',
  'snapshotType',
  'snapshotVersion',
  ...PAYLOAD,
  'recordedAt',
]

const INBOX_PROPERTIES: Properties<InboxTable> = ['consumerName', 'messageId', 'processedAt']

const OUTBOX_PROPERTIES: Properties<OutboxTable> = [
  'messageId',
  'messageType',
  ...PAYLOAD,
  'destination',
  'status',
  'createdAt',
  'ordinal',
  'nextAvailableAt',
  'claimedBy',
  'claimedUntil',
  'attempts',
  'lastError',
  'publishedAt',
  'failedAt',
  'sourceType',
  'sourceId',
  'sourceSequence',
  'correlationId',
  'causationId',
]

const LOCK_PROPERTIES: Properties<LockTable> = ['lockKey', 'ownerToken', 'acquiredAt', 'expiresAt']

function resolveTable<Names>(
  { driver }: DataSource,
  dialect: Dialect,
  metadata: EntityMetadata,
  properties: readonly string[],
): ResolvedTable<Names> {
  const { schema, tableName } = metadata
  const table = driver.escape(tableName)
  const column = (property: string): string => {
    const found = metadata.findColumnWithPropertyName(property)
    if (found === undefined) throw new Error(`Entity ${metadata.name} has no column for ${property}`)
    return driver.escape(found.databaseName)
  }
  const names = {
    table: dialect === 'postgres' && schema !== undefined ? `${driver.escape(schema)}.${table}` : table,
    ...Object.fromEntries(properties.map((property) => [property, column(property)])),
  }
  return { metadata, names: names as Names }
}

function findEntity(
  dataSource: DataSource,
  dialect: Dialect,
  { mark, what, option }: EntityKind,
  named: (new () => object) | undefined,
): EntityMetadata | undefined {
  const candidates = dataSource.entityMetadatas.filter(
    ({ target }) =>
      typeof target === 'function' && mark in target && (named === undefined || target === named),
  )
  const [metadata, second] = candidates
  if (metadata === undefined) {
    if (named === undefined) return undefined
    throw new SchemaError([`the DataSource registers no ${what} entity ${named.name}`], cure(dialect))
  }
  if (second !== undefined) {
    const names = candidates.map(({ name }) => name).join(', ')
    throw new SchemaError(
      [`the DataSource registers several ${what} entities (${names})`],
      `Name one of them with the store's option '${option}'.`,
    )
  }
  const entityDialect = (metadata.target as unknown as Record<symbol, Dialect>)[mark]
  if (entityDialect !== dialect) {
    throw new SchemaError(
      [
        `the ${what} entity ${metadata.name} is made for ${String(entityDialect)}, the DataSource is ${dialect}`,
      ],
      cure(dialect),
    )
  }
  return metadata
}

function cure(dialect: Dialect): string {
  return `Add '...${dialect}Entities' from 'typeorm-sourced/entities', or your subclasses of them, to the DataSource's 'entities'.`
}

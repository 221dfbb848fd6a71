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
import type { EventSource, OutboxSource, SnapshotSource } from './column-sources.js'
import { HostColumns } from './host-columns.js'
import type { Sources } from './host-columns.js'
import type {
  EventTable,
  Extensible,
  InboxTable,
  LockTable,
  OutboxTable,
  SnapshotTable,
  Tables,
} from '../sql/tables.js'
import type { DatabaseOptions } from './database-options.js'

/** One table as the host's entity names it, quoted for SQL, and what is needed to inspect it. */
export interface ResolvedTable<Names, Source = never> {
  readonly names: Omit<Names, keyof Extensible>
  readonly metadata: EntityMetadata
  /** The columns that the host added. */
  readonly own: HostColumns<Source>
  /** The type of the payload column, if the table has one. */
  readonly payloadType: string
}

/** The tables of a store. Those that a host need not have are `undefined` if it does not register their entities. */
export interface ResolvedTables {
  readonly events: ResolvedTable<EventTable, EventSource>
  readonly snapshots: ResolvedTable<SnapshotTable, SnapshotSource>
  readonly inbox: ResolvedTable<InboxTable> | undefined
  readonly outbox: ResolvedTable<OutboxTable, OutboxSource> | undefined
  readonly locks: ResolvedTable<LockTable> | undefined
}

/** The entity classes of a store, where the DataSource registers several. */
export type TableEntities = Pick<DatabaseOptions, EntityKind['option']>

type ColumnOption = 'eventColumns' | 'snapshotColumns' | 'outboxColumns'

export function resolveTables(
  dataSource: DataSource,
  dialect: Dialect,
  options: TableEntities & Partial<Pick<DatabaseOptions, ColumnOption>>,
): ResolvedTables {
  const find = (kind: EntityKind): EntityMetadata | undefined =>
    findEntity(dataSource, dialect, kind, options[kind.option])
  const required = (kind: EntityKind): EntityMetadata => {
    const metadata = find(kind)
    if (metadata === undefined)
      throw new SchemaError([`the DataSource registers no ${kind.what} entity`], cure(dialect))
    return metadata
  }
  const resolve = <Names, Source = never>(
    metadata: EntityMetadata,
    properties: Properties<Names>,
    option?: ColumnOption,
  ): ResolvedTable<Names, Source> => {
    const sources = option && (options[option] as Sources<Source> | undefined)
    const own = new HostColumns<Source>(dataSource, dialect, metadata, properties, option, sources)
    const payload = metadata.findColumnWithPropertyName('payload')
    const names = namesOf<Names>(dataSource, dialect, metadata, properties)
    return { names, metadata, own, payloadType: String(payload?.type) }
  }
  const inbox = find(KINDS.inbox)
  const outbox = find(KINDS.outbox)
  const locks = find(KINDS.locks)
  return {
    events: resolve(required(KINDS.events), EVENT_PROPERTIES, 'eventColumns'),
    snapshots: resolve(required(KINDS.snapshots), SNAPSHOT_PROPERTIES, 'snapshotColumns'),
    inbox: inbox && resolve<InboxTable>(inbox, INBOX_PROPERTIES),
    outbox: outbox && resolve<OutboxTable, OutboxSource>(outbox, OUTBOX_PROPERTIES, 'outboxColumns'),
    locks: locks && resolve<LockTable>(locks, LOCK_PROPERTIES),
  }
}

/** What the statements are compiled for. `typesOf`: those of a table's columns, as the database calls them. */
export function tablesOf(
  { events, snapshots, inbox, outbox, locks }: ResolvedTables,
  typesOf: (metadata: EntityMetadata) => ReadonlyMap<string, string>,
): Tables {
  const extensible = <Source>({ metadata, payloadType, own }: ResolvedTable<object, Source>): Extensible => ({
    payloadType,
    own: own.compiled(typesOf(metadata)),
  })
  return {
    events: { ...events.names, ...extensible(events) },
    snapshots: { ...snapshots.names, ...extensible(snapshots) },
    inbox: inbox?.names,
    outbox: outbox && { ...outbox.names, ...extensible(outbox) },
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

type Properties<Names> = readonly Exclude<keyof Names & string, 'table' | keyof Extensible>[]

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

function namesOf<Names>(
  { driver }: DataSource,
  dialect: Dialect,
  metadata: EntityMetadata,
  properties: readonly string[],
): Omit<Names, keyof Extensible> {
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
  return names as unknown as Omit<Names, keyof Extensible>
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

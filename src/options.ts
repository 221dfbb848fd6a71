import type { EntityManager } from 'typeorm'
import type { EventClass } from './aggregate/event-class.js'
import type { RetryPolicy } from './commit/retry-on-conflict.js'
import { InvalidArgumentError } from './errors/index.js'
import type {
  AggregateEventRow,
  AggregateSnapshotRow,
  EventColumnSources,
  OutboxColumnSources,
  OutboxMessageRow,
  SnapshotColumnSources,
} from './runner/column-sources.js'
import type { DatabaseOptions } from './runner/database-options.js'
import type { Codec } from './serialization/codec.js'
import type { Upcaster } from './serialization/upcaster-chain.js'

/** Something that went wrong without failing the work it happened in. */
export interface Warning {
  readonly code: 'SNAPSHOT_IGNORED' | 'SNAPSHOT_NOT_STORED' | 'LISTENER_FAILED'
  readonly message: string
  readonly cause?: unknown
}

/** Settings of an `EventStore`; all optional. `Event`, `Snapshot`, `Message`: the host's entities, if they add columns. */
export interface EventStoreOptions<
  Event extends object = AggregateEventRow,
  Snapshot extends object = AggregateSnapshotRow,
  Message extends object = OutboxMessageRow,
> {
  /** Codecs beside the built-in `json` version 1. */
  readonly codecs?: readonly Codec[]
  /** Steps that bring stored events to their newest versions. */
  readonly upcasters?: readonly Upcaster[]
  /**
   * Inline projections: what `defineProjection` gives, and instances of classes with `@Projection`. They turn the events
   * of every commit into read-model rows, in the same transaction. A function is asked for them at the first commit: for
   * containers that make the projections after the store.
   */
  readonly projections?: readonly object[] | (() => readonly object[])
  /** Event classes beside those that aggregates declare, for `toEventObject`. */
  readonly eventClasses?: readonly EventClass[]
  /**
   * Postgres: let the server prepare the module's statements, once a connection. Switch it off behind a pooler
   * in transaction mode that cannot track prepared statements.
   * @defaultValue true
   */
  readonly preparedStatements?: boolean
  /**
   * Send commits of events that are asked for at the same time in one statement. Each keeps its own outcome, and a caller
   * who is alone waits for nobody. On Postgres it takes prepared statements.
   * @defaultValue true
   */
  readonly coalesceCommits?: boolean
  /**
   * SQLite: give every caller of the DataSource a query runner of its own and let transactions take turns. TypeORM
   * otherwise mixes overlapping transactions, and commits that were reported get lost.
   * @defaultValue true
   */
  readonly guardSqlite?: boolean
  /**
   * SQLite: how long a caller waits for another transaction of this process; holds for everybody who uses the DataSource.
   * @defaultValue 30000
   */
  readonly sqliteLockTimeoutMs?: number
  /**
   * Postgres: how long to try to find out what became of a commit whose connection broke.
   * @defaultValue 10000
   */
  readonly lostCommitTimeoutMs?: number
  /**
   * The manager to work through when none is given, asked at each call: for libraries that propagate
   * transactions, such as `() => txHost.tx` of `@nestjs-cls/transactional`. Needless for `typeorm-transactional`.
   * @defaultValue the DataSource's manager
   */
  readonly manager?: () => EntityManager
  /** Which entity maps the event table; needed if the DataSource registers several, and for the types of columns it adds. */
  readonly eventEntity?: new () => Event
  /** Which entity maps the snapshot table; needed if the DataSource registers several, and for the types of columns it adds. */
  readonly snapshotEntity?: new () => Snapshot
  /**
   * Where the values of columns come from that the event entity adds: a function for each. Columns without one are left to the
   * database. Their errors fail the commit before anything is written, as does a value of the wrong type.
   *
   * @example
   * new EventStore(dataSource, {
   *   eventEntity: TenantEvent,
   *   eventColumns: { tenantId: ({ metadata }) => String(metadata['tenantId']) },
   * })
   */
  readonly eventColumns?: EventColumnSources<NoInfer<Event>>
  /** The same for the snapshot entity. */
  readonly snapshotColumns?: SnapshotColumnSources<NoInfer<Snapshot>>
  /** The same for the outbox entity. */
  readonly outboxColumns?: OutboxColumnSources<NoInfer<Message>>
  /** Which entity maps the processed messages; needed only if the DataSource registers several. */
  readonly processedMessageEntity?: new () => object
  /** Which entity maps the outbox; needed only if the DataSource registers several. */
  readonly outboxMessageEntity?: new () => Message
  /** Which entity maps the locks; needed only if the DataSource registers several. */
  readonly aggregateLockEntity?: new () => object
  /** Told of what went wrong without failing anything. @defaultValue TypeORM's logger, at level `warn` */
  readonly onWarning?: (warning: Warning) => void
}

/** The options with every default filled in. */
export interface ResolvedOptions extends DatabaseOptions {
  readonly coalesceCommits: boolean
  readonly codecs: readonly Codec[]
  readonly upcasters: readonly Upcaster[]
  readonly projections: readonly object[] | (() => readonly object[])
  readonly eventClasses: readonly EventClass[]
  readonly onWarning: ((warning: Warning) => void) | undefined
}

const DEFAULTS = {
  codecs: [],
  upcasters: [],
  projections: [],
  eventClasses: [],
  preparedStatements: true,
  coalesceCommits: true,
  guardSqlite: true,
  sqliteLockTimeoutMs: undefined,
  lostCommitTimeoutMs: 10_000,
  manager: undefined,
  eventEntity: undefined,
  snapshotEntity: undefined,
  eventColumns: undefined,
  snapshotColumns: undefined,
  outboxColumns: undefined,
  processedMessageEntity: undefined,
  outboxMessageEntity: undefined,
  aggregateLockEntity: undefined,
  onWarning: undefined,
} as const satisfies { [Option in keyof Required<EventStoreOptions>]: unknown }

/** Fills in defaults, once; refuses unknown options and impossible values. */
export function resolveOptions<Event extends object, Snapshot extends object, Message extends object>(
  options: EventStoreOptions<Event, Snapshot, Message>,
): ResolvedOptions {
  assertKnown('EventStore', options, Object.keys(DEFAULTS))
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const resolved = { ...DEFAULTS, ...given } as ResolvedOptions
  if (resolved.sqliteLockTimeoutMs !== undefined) {
    assertMilliseconds('sqliteLockTimeoutMs', resolved.sqliteLockTimeoutMs)
  }
  assertMilliseconds('lostCommitTimeoutMs', resolved.lostCommitTimeoutMs)
  assertFunctions('eventColumns', resolved.eventColumns)
  assertFunctions('snapshotColumns', resolved.snapshotColumns)
  assertFunctions('outboxColumns', resolved.outboxColumns)
  return Object.freeze(resolved)
}

function assertFunctions(option: string, functions: object = {}): void {
  for (const [column, source] of Object.entries(functions)) {
    if (source !== undefined && typeof source !== 'function') {
      throw new InvalidArgumentError(
        `${option}.${column} is a ${typeof source}; it has to be a function that gives the column's value.`,
      )
    }
  }
}

/** Refuses options that nobody reads: they are misspelt, or meant for another method. */
export function assertKnown(of: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((option) => !known.includes(option))
  if (unknown.length > 0) {
    throw new InvalidArgumentError(
      `${of} has no option '${unknown.join("', '")}'. It has: ${known.join(', ')}.`,
    )
  }
}

/** Node's timers fire at once when they are set for longer. */
const MAX_TIMER_MS = 2_147_483_647

/** Refuses what is not a number of milliseconds. */
export function assertMilliseconds(option: string, value: number): void {
  if (typeof value !== 'number' || !(value >= 0 && value <= MAX_TIMER_MS)) {
    throw new InvalidArgumentError(
      `${option} is ${String(value)}; it has to be a number of milliseconds from 0 to ${MAX_TIMER_MS}.`,
    )
  }
}

/** Refuses what is not a whole number within bounds. */
export function assertWhole(option: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new InvalidArgumentError(
      `${option} is ${String(value)}; it has to be a whole number from ${least}.`,
    )
  }
}

/** Refuses retry policies that make no sense. */
export function assertRetryPolicy(policy: RetryPolicy): void {
  assertKnown('retryOnConflict', policy, ['attempts', 'firstDelayMs', 'maxDelayMs'])
  if (policy.attempts !== undefined) assertWhole('attempts', policy.attempts, 1)
  if (policy.firstDelayMs !== undefined) assertMilliseconds('firstDelayMs', policy.firstDelayMs)
  if (policy.maxDelayMs !== undefined) assertMilliseconds('maxDelayMs', policy.maxDelayMs)
}

import type { DataSource } from 'typeorm'
import { InvalidArgumentError } from '../errors/index.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import { assertKnown, assertWhole } from '../options.js'
import type { AggregateEventRow, EventColumnSources } from '../runner/column-sources.js'
import type { ImportAnomaly, ImportProgress, SourcedStream } from './import-report.js'

/** An event of the old table. */
export interface SourcedEvent extends SourcedStream {
  /** The name under which it was digested. */
  readonly method: string
  readonly version: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly data: unknown
}

/** A snapshot of the old table. */
export interface SourcedSnapshot extends SourcedStream {
  readonly version: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  /** The fields of the entity, among them `id`, `version`, `snapshotVersion` and `timestamp`. */
  readonly state: unknown
}

/** What an old event becomes. What is left out stays as it was: the method is the name, the data the payload. */
export interface MappedEvent {
  readonly name?: string
  readonly version?: number
  readonly payload?: unknown
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** What the streams of one class become. */
export interface MappedClass {
  /** The new aggregate type. @defaultValue the class's name */
  readonly type?: string
  /** New names of events by their old ones, or a function of the event. @defaultValue same name, data as payload */
  readonly events?: Readonly<Record<string, string | ((event: SourcedEvent) => MappedEvent)>>
}

/** A stream that was imported, for your check. */
export interface ImportedStream extends StreamIdentity {
  /** The version up to which it was imported. It may have gone on since. */
  readonly version: number
  readonly source: SourcedStream
  /** The state that the old package stored last, and the version it is of; `undefined` if there is none. */
  readonly snapshot: { readonly version: number; readonly state: unknown } | undefined
}

/** How to import the events of sourced-repo-typeorm. `Event`: your event entity, if it adds columns. */
export interface ImportOptions<Event extends object = AggregateEventRow> {
  /** A DataSource for the database with the old table: Postgres, or CockroachDB. Nothing is written there. */
  readonly source: DataSource
  /** Your DataSource with the new tables; may be the same. */
  readonly target: DataSource
  /** Which entity maps the event table; needed if the target registers several, and for the types of columns it adds. */
  readonly eventEntity?: new () => Event
  /** Where the values of columns come from that your event entity adds; the same as the store's option. */
  readonly eventColumns?: EventColumnSources<NoInfer<Event>>
  /** The old table's name. @defaultValue 'event' */
  readonly table?: string
  /** The old table's schema. @defaultValue the one that the source's connection finds it in */
  readonly schema?: string
  /**
   * What becomes of each class: its new aggregate type, `{ type, events }`, or `false` to leave it out. A class that is
   * not named keeps its name as the type, and its events their names and data.
   */
  readonly aggregates?: Readonly<Record<string, string | false | MappedClass>>
  /**
   * Streams whose first events were deleted behind a snapshot: makes the first new event of that snapshot. Without it
   * they have a `'gap'`, or `'lost-events'`. The event needs a name, and a sourced method that restores the state.
   */
  readonly convertSnapshot?: (snapshot: SourcedSnapshot) => MappedEvent & { readonly name: string }
  /** Which streams to import. @defaultValue all */
  readonly include?: (stream: SourcedStream) => boolean
  /**
   * What to do with streams that have gaps, duplicate versions or lost events: `'refuse'` the whole import, `'skip'` these
   * streams, or `'renumber'` what is there by version, then time, then name.
   * @defaultValue 'refuse'
   */
  readonly irregularStreams?: 'refuse' | 'skip' | 'renumber'
  /** Find out everything, and write nothing. @defaultValue false */
  readonly dryRun?: boolean
  /** How many events to read and to write at a time; each such batch is one transaction. @defaultValue 500 */
  readonly batchSize?: number
  /** Told after every batch. What it throws ends the import; the next run goes on. */
  readonly onProgress?: (progress: ImportProgress) => void
  /** Told of every anomaly. */
  readonly onAnomaly?: (anomaly: ImportAnomaly) => void
  /**
   * Looks at every stream after the import: load the aggregate with your own code and compare. Throw, or give `false`, if it is
   * not what it should be.
   */
  readonly check?: (stream: ImportedStream) => unknown
}

/** The options with every default filled in. */
export interface ResolvedImport extends Omit<ImportOptions, 'aggregates'> {
  readonly table: string
  readonly irregularStreams: 'refuse' | 'skip' | 'renumber'
  readonly dryRun: boolean
  readonly batchSize: number
  readonly classes: ReadonlyMap<string, MappedClass | false>
}

const KNOWN: readonly (keyof ImportOptions)[] = [
  'source',
  'target',
  'eventEntity',
  'eventColumns',
  'table',
  'schema',
  'aggregates',
  'convertSnapshot',
  'include',
  'irregularStreams',
  'dryRun',
  'batchSize',
  'onProgress',
  'onAnomaly',
  'check',
]

const SOURCES: readonly string[] = ['postgres', 'cockroachdb']
const CHOICES: readonly unknown[] = ['refuse', 'skip', 'renumber']

/** Fills in defaults, once; refuses unknown options and impossible values. */
export function resolveImport<Event extends object>(options: ImportOptions<Event>): ResolvedImport {
  assertKnown('importSourcedRepo', options, KNOWN)
  const { source, target, batchSize = 500, irregularStreams = 'refuse' } = options
  assertOpen('source', source)
  assertOpen('target', target)
  if (!SOURCES.includes(source.options.type)) {
    throw new InvalidArgumentError(
      `The source is a DataSource of type '${source.options.type}'. sourced-repo-typeorm stores in Postgres, or in CockroachDB.`,
    )
  }
  if (!CHOICES.includes(irregularStreams)) {
    throw new InvalidArgumentError(
      `irregularStreams is '${irregularStreams}'; it has to be 'refuse', 'skip' or 'renumber'.`,
    )
  }
  assertWhole('batchSize', batchSize, 1)
  return Object.freeze({
    ...(options as unknown as ImportOptions), // the types of the host's columns were for the caller
    table: options.table ?? 'event',
    irregularStreams,
    dryRun: options.dryRun ?? false,
    batchSize,
    classes: classesOf(options.aggregates ?? {}),
  })
}

/** Refuses a DataSource that is none, or not open. */
export function assertOpen(name: string, dataSource: DataSource | undefined): void {
  if (dataSource?.isInitialized === true) return
  throw new InvalidArgumentError(`'${name}' has to be a DataSource that is open: call initialize() first.`)
}

function classesOf(
  aggregates: NonNullable<ImportOptions['aggregates']>,
): ReadonlyMap<string, MappedClass | false> {
  const classes = new Map<string, MappedClass | false>()
  for (const [entityType, mapped] of Object.entries(aggregates)) {
    if (typeof mapped === 'object') assertKnown(`aggregates.${entityType}`, mapped, ['type', 'events'])
    classes.set(entityType, typeof mapped === 'string' ? { type: mapped } : mapped)
  }
  return classes
}

import { InvalidArgumentError } from '../errors/index.js'
import type { RecordedEvent } from '../model/event.js'
import { MAX_SEQUENCE } from '../model/expected-version.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { AggregateEventRow, ColumnFilter } from '../runner/column-sources.js'
import type { Database } from '../runner/database.js'
import type { Host } from '../runner/host.js'
import { asStorageError } from '../runner/storage-error.js'
import type { EventSerializer } from '../serialization/event-serializer.js'

/** Which part of a stream to read. */
export interface ReadStreamOptions<Entity = AggregateEventRow> {
  /** The first sequence to read. @defaultValue 1 */
  readonly fromSequence?: number
  /** The last sequence to read. @defaultValue the stream's end */
  readonly toVersion?: number
  /** Read only what was recorded at this time or before, and all that precedes it in the stream. */
  readonly toTime?: Date
  /** `'backward'` begins with the last event. @defaultValue 'forward' */
  readonly direction?: 'forward' | 'backward'
  /** Only events with these values in columns that the host added. */
  readonly where?: ColumnFilter<Entity>
  /** How many events to fetch at a time. @defaultValue 500 */
  readonly pageSize?: number
}

/** A stream's events a page at a time, each decoded when it is asked for. */
export async function* readStream<Entity>(
  database: Database,
  serializer: EventSerializer,
  host: Host | undefined,
  { aggregateType, aggregateId }: StreamIdentity,
  options: ReadStreamOptions<Entity>,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const { direction = 'forward', pageSize = DEFAULT_PAGE_SIZE } = options
  const stream = { aggregateType, aggregateId }
  let from = Math.max(options.fromSequence ?? 1, 1)
  let to = Math.min(options.toVersion ?? MAX_SEQUENCE, MAX_SEQUENCE)
  if (options.toTime !== undefined) to = Math.min(to, await versionAt(database, host, stream, options.toTime))
  const where = database.tables.events.own.filters(options.where)
  while (from <= to) {
    const page = { ...stream, fromSequence: from, toSequence: to, direction, where, limit: pageSize }
    const events = await reading(
      database.connect(host, (connection) => connection.run(connection.statements.readStream(page))),
    )
    for (const event of events) yield serializer.decode(event)
    const last = events.at(-1)
    if (last === undefined || events.length < pageSize) return
    if (direction === 'forward') from = last.sequence + 1
    else to = last.sequence - 1
  }
}

/** The version that a stream had at a time. */
export async function versionAt(
  database: Database,
  host: Host | undefined,
  stream: StreamIdentity,
  time: Date,
): Promise<number> {
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('The time to read up to is an invalid Date.')
  return reading(
    database.connect(host, (connection) => connection.run(connection.statements.versionAt(stream, time))),
  )
}

/** Awaits a read, and makes its failure one of this module's errors. */
export async function reading<Result>(read: Promise<Result>): Promise<Result> {
  try {
    return await read
  } catch (error) {
    throw asStorageError('read', error)
  }
}

/** Large enough to amortise the round trip, small enough that a page of large payloads fits in memory. */
export const DEFAULT_PAGE_SIZE = 500

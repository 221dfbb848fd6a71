import { InvalidArgumentError } from '../errors/index.js'
import { assertKnown, assertWhole } from '../options.js'
import type { AggregateEventRow } from '../runner/column-sources.js'
import type { EventToImport } from './encode-event.js'
import { EventBatches } from './event-batches.js'
import { assertOpen } from './import-options.js'
import { ImportTarget } from './import-target.js'
import type { ImportTargetOptions } from './import-target.js'
import { overlap } from './overlap.js'

/** What to import, and where to. `Event`: your event entity, if it adds columns. */
export interface ImportEventsOptions<
  Event extends object = AggregateEventRow,
> extends ImportTargetOptions<Event> {
  /**
   * The events, in the order that the feed shall have; those of a stream in the order of their sequences. They are pulled as they
   * are written, at most two batches ahead.
   */
  readonly events: Iterable<EventToImport> | AsyncIterable<EventToImport>
  /** How many events to write at a time; each such batch is one transaction. @defaultValue 5000 */
  readonly batchSize?: number
  /** Ends the import. The batch that is being written is still finished; what is written stays. */
  readonly signal?: AbortSignal
  /** Told after every batch. What it throws ends the import. */
  readonly onProgress?: (progress: ImportEventsReport) => void
}

/** How far an import is, and what it has done in the end. */
export interface ImportEventsReport {
  /** Events of the source that were dealt with. */
  readonly events: number
  /** Those that were written. */
  readonly imported: number
  /** Those that were there before, and the same. */
  readonly alreadyThere: number
  /** Streams that began with an event that was written. */
  readonly newStreams: number
}

const KNOWN: readonly (keyof ImportEventsOptions)[] = [
  'target',
  'events',
  'codecs',
  'eventEntity',
  'eventColumns',
  'batchSize',
  'signal',
  'onProgress',
]

/**
 * Writes any number of events that were recorded elsewhere, in wide batches and constant memory.
 *
 * - Their positions are in the order handed in; their sequences continue their streams without gaps.
 * - Each batch is written in one transaction, as a whole or not at all. Those before it stay.
 * - Events that are handed in with their sequences, and are there already, are passed over: an import that was interrupted can
 *   be run again.
 *
 * Throws `ImportEventError` for an event that a store would not take, `ImportConflictError` for one that does not continue its
 * stream or is not what is there, `InvalidArgumentError` for options that make no sense, `SchemaError` if the tables do not fit,
 * `StorageError` if the database fails, and what the source and `onProgress` throw.
 *
 * @example
 * await importEvents({
 *   target: dataSource,
 *   events: readLines('events.ndjson'), // an async generator of { aggregateType, aggregateId, name, payload, sequence, … }
 *   onProgress: ({ events }) => console.error(events),
 * })
 */
export async function importEvents<Event extends object = AggregateEventRow>(
  options: ImportEventsOptions<Event>,
): Promise<ImportEventsReport> {
  assertKnown('importEvents', options, KNOWN)
  const { events, batchSize = 5000, signal, onProgress } = options
  assertOpen('target', options.target)
  assertIterable(events)
  assertWhole('batchSize', batchSize, 1)
  signal?.throwIfAborted()
  const target = await ImportTarget.open(options)
  const failed = new AbortController()
  const ended = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
  const batches = new EventBatches(events, batchSize, target, ended)
  let report: ImportEventsReport = { events: 0, imported: 0, alreadyThere: 0, newStreams: 0 }
  await overlap(
    batches,
    async (batch) => {
      signal?.throwIfAborted()
      const { imported, alreadyThere, newStreams } = await target.write(batch)
      report = {
        events: report.events + batch.events.length,
        imported: report.imported + imported,
        alreadyThere: report.alreadyThere + alreadyThere,
        newStreams: report.newStreams + newStreams,
      }
      onProgress?.(report)
    },
    () => {
      failed.abort()
    },
  )
  return report
}

function assertIterable(events: unknown): void {
  if (typeof events === 'object' && events !== null) {
    if (Symbol.asyncIterator in events || Symbol.iterator in events) return
  }
  throw new InvalidArgumentError(
    `'events' has to be an iterable or an async iterable of events: an array, a generator, a stream of objects.`,
  )
}

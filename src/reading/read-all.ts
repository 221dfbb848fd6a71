import { setTimeout as sleep } from 'node:timers/promises'
import { FeedStalledError, InvalidArgumentError } from '../errors/index.js'
import type { Metadata, RecordedEvent } from '../model/event.js'
import type { AggregateEventRow, ColumnFilter } from '../runner/column-sources.js'
import type { Database } from '../runner/database.js'
import type { Host } from '../runner/host.js'
import type { EventSerializer } from '../serialization/event-serializer.js'
import type { FeedCeiling, FeedHolder } from '../sql/statements.js'
import { DEFAULT_PAGE_SIZE, reading } from './read-stream.js'

/** Which part of the global feed to read. */
export interface ReadAllOptions<Entity = AggregateEventRow> {
  /** Begin after this position. @defaultValue 0 */
  readonly after?: number
  /** Begin with this position; instead of `after`. */
  readonly from?: number
  /** Only events of these aggregate types. */
  readonly aggregateTypes?: readonly string[]
  /** Only events of these names, as they are called after upcasting. */
  readonly eventNames?: readonly string[]
  /** Only events whose metadata has these properties with these values: strings, numbers, booleans or null. */
  readonly metadata?: Metadata
  /** Only events with these values in columns that the host added. */
  readonly where?: ColumnFilter<Entity>
  /** At most so many events. @defaultValue all */
  readonly limit?: number
  /** How many events to fetch at a time. @defaultValue 500 */
  readonly pageSize?: number
  /**
   * How long to wait for an open transaction that appended events before those that are still to be read.
   * @defaultValue 10000
   */
  readonly settleTimeoutMs?: number
}

/**
 * Every event that was committed before the call, in the global order. Events below the floor of an open append
 * are delivered at once; then the reader waits for exactly those transactions that were open when it began, and
 * reads on. What is missing after they have ended was rolled back.
 */
export async function* readAll<Entity>(
  database: Database,
  serializer: EventSerializer,
  host: Host | undefined,
  options: ReadAllOptions<Entity>,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const { limit = Number.MAX_SAFE_INTEGER, pageSize = DEFAULT_PAGE_SIZE, settleTimeoutMs = 10_000 } = options
  const wanted = options.eventNames === undefined ? undefined : new Set(options.eventNames)
  const filter = {
    aggregateTypes: options.aggregateTypes,
    eventNames: wanted && [...wanted].flatMap((name) => serializer.upcasters.storedNamesOf(name)),
    metadata: options.metadata,
    where: database.tables.events.own.filters(options.where),
  }
  let after = options.after ?? (options.from ?? 1) - 1
  let delivered = 0
  await assertFreshPages(database, host)
  const { lastPosition, holders } = await readCeiling(database, host)
  for (let settled = floorOf(holders, lastPosition); ; settled = lastPosition) {
    while (after < settled) {
      const page = { ...filter, after, upTo: settled, limit: pageSize }
      const events = await reading(
        database.connect(host, (connection) => connection.run(connection.statements.readAll(page))),
      )
      for (const stored of events) {
        const event = serializer.decode(stored)
        if (wanted !== undefined && !wanted.has(event.name)) continue
        yield event
        if (++delivered >= limit) return
      }
      after = events.length < pageSize ? settled : events.at(-1)!.position
    }
    if (settled >= lastPosition) return
    await untilEnded(database, host, holders, settled, settleTimeoutMs)
  }
}

/** With a fixed snapshot the pages would lack what the ceiling counts as settled, and a reader would skip it. */
async function assertFreshPages(database: Database, host: Host | undefined): Promise<void> {
  if (!database.joins(host)) return
  const isolation = await reading(
    database.connect(host, (connection) => connection.run(connection.statements.isolation())),
  )
  if (isolation === 'fresh') return
  throw new InvalidArgumentError(
    'readAll cannot read inside a REPEATABLE READ or SERIALIZABLE transaction: it would skip events that were ' +
      'committed after the transaction began. Read the feed outside of it, or at READ COMMITTED.',
  )
}

function floorOf(holders: readonly FeedHolder[], lastPosition: number): number {
  return Math.min(lastPosition, ...holders.map(({ floor }) => floor))
}

/** Waits until none of these transactions is open any more; transactions that began later do not matter. */
async function untilEnded(
  database: Database,
  host: Host | undefined,
  holders: readonly FeedHolder[],
  settled: number,
  timeoutMs: number,
): Promise<void> {
  const awaited = new Set(holders.map(({ transaction }) => transaction))
  const began = Date.now()
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const open = (await readCeiling(database, host)).holders.filter(({ transaction }) =>
      awaited.has(transaction),
    )
    if (open.length === 0) return
    const waited = Date.now() - began
    if (waited >= timeoutMs)
      throw new FeedStalledError(settled, waited, [...new Set(open.map(({ session }) => session))])
    await sleep(pause)
  }
}

function readCeiling(database: Database, host: Host | undefined): Promise<FeedCeiling> {
  return reading(database.connect(host, (connection) => connection.run(connection.statements.feedCeiling())))
}

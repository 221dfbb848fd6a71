import { setTimeout as sleep } from 'node:timers/promises'
import type { DataSource } from 'typeorm'
import { SourcedError, StorageError } from '../errors/index.js'
import type { StoredEvent } from '../model/stored.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import { resolveOptions } from '../options.js'
import type { EventStoreOptions } from '../options.js'
import type { Connection } from '../runner/connection.js'
import { Database } from '../runner/database.js'
import { faultOf, isDatabaseVerdict } from '../runner/fault.js'
import { asStorageError } from '../runner/storage-error.js'
import { CodecRegistry } from '../serialization/codec-registry.js'
import { EventSerializer } from '../serialization/event-serializer.js'
import { UpcasterChain } from '../serialization/upcaster-chain.js'
import type { EventPlace } from '../sql/imported-event.js'
import * as postgres from '../sql/postgres/import-events.js'
import { inspectTable } from '../sql/postgres/inspect-table.js'
import * as sqlite from '../sql/sqlite/import-events.js'
import type { Statement } from '../sql/statement.js'
import type { EventTable } from '../sql/tables.js'
import { encodeImport } from './encode-event.js'
import type { EncodedImport, EventToImport } from './encode-event.js'
import { ImportConflictError } from './import-errors.js'
import { isPlaced, isSame, placeOf, planBatch } from './plan-batch.js'
import type { PlacedEvent, PlannedBatch } from './plan-batch.js'

/** Where an import writes to: your DataSource, and what the options of your store say about its events. */
export interface ImportTargetOptions<Event extends object> extends Pick<
  EventStoreOptions<Event>,
  'codecs' | 'eventEntity' | 'eventColumns'
> {
  /** Your DataSource with the tables of this module. */
  readonly target: DataSource
}

/** Events that are ready to be written. */
export interface PreparedBatch {
  readonly events: readonly EncodedImport[]
  /** Writes all of them; `undefined` if it takes the database to tell their places. */
  readonly whole: Statement<void> | undefined
}

/** What became of a batch. */
export interface WrittenBatch {
  readonly imported: number
  readonly alreadyThere: number
  /** Streams whose first event was written. */
  readonly newStreams: number
}

/** How often a batch is written anew that met other writers. */
const MOST_ATTEMPTS = 5

const RACES: readonly string[] = ['unique-violation', 'gap', 'serialization', 'lock-timeout', 'busy']

/** The new event table. */
export class ImportTarget {
  /** Whether events of the batch before were there already. */
  private isBehind = false

  private constructor(
    private readonly database: Database,
    private readonly serializer: EventSerializer,
    private readonly table: EventTable,
    /** Goes ahead of the events of a batch; an embedded database has one writer and needs nothing. */
    private readonly begin: ((isCertain: boolean) => Statement<void>) | undefined,
  ) {}

  /** Throws `SchemaError` unless the tables are what a store needs. */
  static async open<Event extends object>(options: ImportTargetOptions<Event>): Promise<ImportTarget> {
    const { target, eventEntity, eventColumns, codecs } = options
    // A statement that was prepared while the table was empty would go on reading all of it when it is full.
    const resolved = resolveOptions({
      preparedStatements: false,
      ...(codecs === undefined ? {} : { codecs }),
      ...(eventEntity === undefined ? {} : { eventEntity }),
      ...(eventColumns === undefined ? {} : { eventColumns }),
    })
    const database = new Database(target, resolved)
    const serializer = new EventSerializer(new CodecRegistry(resolved.codecs), new UpcasterChain([]))
    await database.verifySchema()
    const { events } = await database.connect(undefined, ({ statements }) =>
      Promise.resolve(statements.tables),
    )
    if (database.dialect === 'sqlite') return new ImportTarget(database, serializer, events, undefined)
    const { positionSequence } = await database.connect(undefined, (connection) =>
      connection.run(inspectTable(events.table, events.position)),
    )
    const begin = postgres.beginImport(events, positionSequence ?? '')
    return new ImportTarget(database, serializer, events, begin)
  }

  /** Throws what a store would throw for an event that it does not take. */
  encode(event: EventToImport): EncodedImport {
    return encodeImport(this.database, this.serializer, event)
  }

  /** Does beforehand what can be done while the batch before is written. */
  prepare(events: readonly EncodedImport[]): PreparedBatch {
    return { events, whole: events.every(isPlaced) ? this.sql.importEvents(this.table, events) : undefined }
  }

  /** Those of the events that exist, by `placeOf`. */
  find(places: readonly EventPlace[]): Promise<ReadonlyMap<string, StoredEvent>> {
    return this.reading((connection) => this.findOn(connection, places))
  }

  /** How many events each of the streams has. */
  count(streams: readonly StreamIdentity[]): Promise<readonly number[]> {
    return this.reading((connection) => connection.run(this.sql.countEvents(this.table, streams)))
  }

  /** Whether an event is what is stored at its place. */
  isSame(event: PlacedEvent, stored: StoredEvent): boolean {
    return isSame(this.serializer.codecs, event, stored)
  }

  /**
   * Writes those of the events that are not there yet in one transaction, all or none. Throws `ImportConflictError` if one does
   * not continue its stream, or is not what is there.
   */
  async write(batch: PreparedBatch): Promise<WrittenBatch> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { fresh, taken } = await this.database.connect(undefined, (connection) =>
          connection.atomically(() => this.writeOn(connection, batch, attempt === 1)),
        )
        this.isBehind = taken.length > 0
        const newStreams = fresh.filter(({ sequence }) => sequence === 1).length
        return { imported: fresh.length, alreadyThere: taken.length, newStreams }
      } catch (error) {
        const isKnown = error instanceof SourcedError || isDatabaseVerdict(error)
        // Whoever does not know what the database did must not do it again.
        if (!isKnown && this.database.dialect === 'postgres') throw lostConnection(error)
        // What looks wrong at first may be a wrong guess.
        if (attempt > 1 && (attempt === MOST_ATTEMPTS || !RACES.includes(faultOf(error).kind)))
          throw asStorageError('append', error)
        await sleep(Math.random() * 10 * attempt)
      }
    }
  }

  private async writeOn(
    connection: Connection,
    { events, whole }: PreparedBatch,
    guessing: boolean,
  ): Promise<PlannedBatch> {
    const versions = await this.versionsOn(connection, events, guessing)
    const planned = planBatch(events, versions)
    const { fresh, taken } = planned
    if (fresh.length > 0) {
      if (this.begin !== undefined) await connection.run(this.begin(!connection.joined))
      await connection.run((taken.length === 0 && whole) || this.sql.importEvents(this.table, fresh))
    }
    // Only now, because an event may have been handed in twice.
    if (taken.length > 0) await this.assertSame(connection, taken, versions)
    return planned
  }

  /**
   * The versions of the events' streams. To look one up takes as long as to write an event. `guessing`: streams whose first
   * event is handed in are new. The table's key refuses what is not so.
   */
  private async versionsOn(
    connection: Connection,
    events: readonly EncodedImport[],
    guessing: boolean,
  ): Promise<ReadonlyMap<string, number>> {
    const versions = new Map<string, number>()
    const unknown = new Map<string, StreamIdentity>()
    for (const event of events) {
      const { streamId, sequence } = event
      if (versions.has(streamId) || unknown.has(streamId)) continue
      if (guessing && sequence === 1 && !this.isBehind) versions.set(streamId, 0)
      else unknown.set(streamId, event)
    }
    if (unknown.size === 0) return versions
    const found = await connection.run(connection.statements.streamVersions([...unknown.values()]))
    for (const [nth, id] of [...unknown.keys()].entries()) versions.set(id, found[nth]!)
    return versions
  }

  private async assertSame(
    connection: Connection,
    events: readonly PlacedEvent[],
    versions: ReadonlyMap<string, number>,
  ): Promise<void> {
    const found = await this.findOn(connection, events)
    for (const event of events) {
      const stored = found.get(placeOf(event))
      if (stored === undefined || !this.isSame(event, stored))
        throw new ImportConflictError(event, 'different', event.sequence, versions.get(event.streamId)! + 1)
    }
  }

  private async findOn(
    connection: Connection,
    places: readonly EventPlace[],
  ): Promise<ReadonlyMap<string, StoredEvent>> {
    const found = await connection.run(this.sql.findEvents(this.table, places))
    return new Map(found.map((event) => [placeOf(event), event]))
  }

  private get sql(): Pick<typeof postgres, 'importEvents' | 'findEvents' | 'countEvents'> {
    return this.database.dialect === 'postgres' ? postgres : sqlite
  }

  private async reading<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    try {
      return await this.database.connect(undefined, work)
    } catch (error) {
      throw asStorageError('read', error)
    }
  }
}

function lostConnection(cause: unknown): StorageError {
  const problem =
    'The connection is gone, and with it perhaps the last batch. Run the import again: it passes over events that are ' +
    'there, if they are handed in with their sequences.'
  return new StorageError('import', problem, true, 'unknown', { cause })
}

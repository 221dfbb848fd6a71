import { randomUUID } from 'node:crypto'
import { ownValuesOf } from '../commit/extend-changes.js'
import { StorageError } from '../errors/index.js'
import type { Metadata } from '../model/event.js'
import type { StoredEvent } from '../model/stored.js'
import { streamIdOf } from '../model/stream-identity.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import { resolveOptions } from '../options.js'
import { Database } from '../runner/database.js'
import { faultOf } from '../runner/fault.js'
import { asStorageError } from '../runner/storage-error.js'
import { assertFitsJsonb } from '../serialization/json-codec.js'
import type { EventPlace } from '../sql/imported-event.js'
import * as postgres from '../sql/postgres/import-events.js'
import { inspectTable } from '../sql/postgres/inspect-table.js'
import * as sqlite from '../sql/sqlite/import-events.js'
import type { Statement } from '../sql/statement.js'
import type { EventTable } from '../sql/tables.js'
import type { MappedRow } from './event-mapping.js'
import type { ResolvedImport } from './import-options.js'

/** The new event table. */
export class ImportTarget {
  private constructor(
    private readonly database: Database,
    private readonly table: EventTable,
    /** Takes the lock for which readers of the feed wait; an embedded database has one writer and needs none. */
    private readonly holdFloor: Statement<void> | undefined,
  ) {}

  /** Throws `SchemaError` unless the tables are what a store needs. */
  static async open({ target, eventEntity, eventColumns }: ResolvedImport): Promise<ImportTarget> {
    // A statement that was prepared while the table was empty would go on reading all of it when it is full.
    const options = resolveOptions({
      preparedStatements: false,
      ...(eventEntity === undefined ? {} : { eventEntity }),
      ...(eventColumns === undefined ? {} : { eventColumns }),
    })
    const database = new Database(target, options)
    await database.verifySchema()
    const { events } = await database.connect(undefined, ({ statements }) =>
      Promise.resolve(statements.tables),
    )
    if (database.dialect === 'sqlite') return new ImportTarget(database, events, undefined)
    const { positionSequence } = await database.connect(undefined, (connection) =>
      connection.run(inspectTable(events.table, events.position)),
    )
    return new ImportTarget(database, events, postgres.holdFloor(events, positionSequence ?? ''))
  }

  /**
   * The event with the values of the columns that the host's entity adds, from the event as a store would give it. Throws what
   * a store would throw for values, or a payload, that the columns do not take.
   */
  complete(row: MappedRow): MappedRow {
    const { own, payloadType } = this.database.tables.events
    const { name, version, payload, metadata } = row
    if (payloadType === 'jsonb') assertFitsJsonb(payload)
    if (!own.areFilled) return row
    const event = {
      name,
      version,
      payload: JSON.parse(payload.text) as unknown,
      metadata: JSON.parse(metadata) as Metadata,
    }
    return { ...row, own: ownValuesOf(this.database, row, event) }
  }

  /** Those of the events that exist, by `placeOf`. */
  async find(places: readonly EventPlace[]): Promise<ReadonlyMap<string, StoredEvent>> {
    const found = await this.run(this.sql.findEvents(this.table, places))
    return new Map(found.map((event) => [placeOf(event), event]))
  }

  /** How many events each of the streams has. */
  count(streams: readonly StreamIdentity[]): Promise<readonly number[]> {
    return this.run(this.sql.countEvents(this.table, streams))
  }

  /**
   * Writes the events in one transaction, all or none. Each has a commit id of its own: the old table does not say
   * which events were committed together.
   */
  async write(rows: readonly MappedRow[]): Promise<void> {
    const events = rows.map((row) => ({ ...row, commitId: randomUUID() }))
    try {
      await this.database.connect(undefined, (connection) =>
        connection.atomically(async () => {
          if (this.holdFloor !== undefined) await connection.run(this.holdFloor)
          await connection.run(this.sql.importEvents(this.table, events))
        }),
      )
    } catch (error) {
      if (faultOf(error).kind !== 'connection') throw asStorageError('append', error)
      const problem =
        'The connection is gone, and with it perhaps the last batch. Run the import again: it goes on.'
      throw new StorageError('import', problem, true, 'unknown', { cause: error })
    }
  }

  private get sql(): Pick<typeof postgres, 'importEvents' | 'findEvents' | 'countEvents'> {
    return this.database.dialect === 'postgres' ? postgres : sqlite
  }

  private async run<Result>(statement: Statement<Result>): Promise<Result> {
    try {
      return await this.database.connect(undefined, (connection) => connection.run(statement))
    } catch (error) {
      throw asStorageError('read', error)
    }
  }
}

/** A key for a place in a stream. */
export function placeOf(place: EventPlace): string {
  return `${place.sequence} ${streamIdOf(place)}`
}

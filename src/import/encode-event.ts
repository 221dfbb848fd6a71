import { randomUUID } from 'node:crypto'
import { assertStreamIdentity } from '../commit/plan-changes.js'
import { ownValuesOf } from '../commit/extend-changes.js'
import { InvalidArgumentError } from '../errors/index.js'
import type { NewEvent } from '../model/event.js'
import { MAX_SEQUENCE } from '../model/expected-version.js'
import type { EncodedEvent } from '../model/stored.js'
import { streamIdOf } from '../model/stream-identity.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { Database } from '../runner/database.js'
import type { EventSerializer } from '../serialization/event-serializer.js'
import { assertFitsJsonb } from '../serialization/json-codec.js'

/** An event that was recorded elsewhere. What is left out is as for a new event. */
export interface EventToImport extends StreamIdentity, NewEvent {
  /**
   * Its place in the stream: 1, 2, 3 … With it, an import that is run again passes over what is there.
   * @defaultValue the next one of the stream
   */
  readonly sequence?: number
  /** When it happened. @defaultValue when the database stores it */
  readonly recordedAt?: Date
  /** The id, a UUID, of the commit that it was part of. @defaultValue one of its own */
  readonly commitId?: string
}

/** The same, ready to be placed in its stream. */
export interface EncodedImport extends StreamIdentity, EncodedEvent {
  readonly streamId: string
  /** `undefined`: the next one. */
  readonly sequence: number | undefined
  readonly recordedAt: Date | undefined
  readonly commitId: string
  /** Whether the commit's id was handed in, and is part of what the event has to be. */
  readonly inCommit: boolean
}

/** The last moment of the year 9999: SQLite's times are texts with four digits for the year. */
const LATEST_TIME = 253_402_300_799_999

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Encodes an event for one table. Throws what a store would throw for an event that it does not take. */
export function encodeImport(
  database: Database,
  serializer: EventSerializer,
  event: EventToImport,
): EncodedImport {
  assertStreamIdentity(event)
  const { aggregateType, aggregateId, sequence, recordedAt, commitId } = event
  if (sequence !== undefined) assertSequence(sequence)
  if (recordedAt !== undefined) assertTime(recordedAt)
  if (commitId !== undefined && !UUID.test(commitId))
    throw new InvalidArgumentError(`Its commitId '${commitId}' is not a UUID.`)
  const { name, version, payload, metadata } = serializer.encode(event, event)
  const { own, payloadType } = database.tables.events
  if (payloadType === 'jsonb') assertFitsJsonb(payload)
  return {
    aggregateType,
    aggregateId,
    streamId: streamIdOf(event),
    sequence,
    recordedAt,
    commitId: commitId?.toLowerCase() ?? randomUUID(),
    inCommit: commitId !== undefined,
    name,
    version,
    payload,
    metadata,
    ...(own.areFilled && { own: ownValuesOf(database, event, event) }),
  }
}

function assertSequence(sequence: number): void {
  if (Number.isSafeInteger(sequence) && sequence >= 1 && sequence <= MAX_SEQUENCE) return
  throw new InvalidArgumentError(`Its sequence is ${String(sequence)}; it has to be 1, 2, 3 …`)
}

function assertTime(time: Date): void {
  if (time instanceof Date && time.getTime() >= 0 && time.getTime() <= LATEST_TIME) return
  throw new InvalidArgumentError(`Its recordedAt is not a Date between the years 1970 and 9999.`)
}

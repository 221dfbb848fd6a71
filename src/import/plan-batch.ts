import { isDeepStrictEqual } from 'node:util'
import type { StoredEvent } from '../model/stored.js'
import { streamIdOf } from '../model/stream-identity.js'
import type { CodecRegistry } from '../serialization/codec-registry.js'
import type { EventPlace } from '../sql/imported-event.js'
import type { EncodedImport } from './encode-event.js'
import { ImportConflictError } from './import-errors.js'

/** An event with its place in its stream. */
export type PlacedEvent = EncodedImport & { readonly sequence: number }

/** What is to be done with the events of a batch. */
export interface PlannedBatch {
  /** Those that continue their streams, in the order handed in. */
  readonly fresh: readonly PlacedEvent[]
  /** Those whose places are taken, perhaps by themselves. */
  readonly taken: readonly PlacedEvent[]
}

/** Gives every event its place. `versions`: of their streams, by id. Throws `ImportConflictError` where one would leave a gap. */
export function planBatch(
  events: readonly EncodedImport[],
  versions: ReadonlyMap<string, number>,
): PlannedBatch {
  const reached = new Map(versions)
  const fresh: PlacedEvent[] = []
  const taken: PlacedEvent[] = []
  for (const event of events) {
    const next = reached.get(event.streamId)! + 1
    const placed = isPlaced(event) ? event : { ...event, sequence: next }
    if (placed.sequence > next) throw new ImportConflictError(event, 'gap', placed.sequence, next)
    if (placed.sequence < next) taken.push(placed)
    else {
      fresh.push(placed)
      reached.set(event.streamId, next)
    }
  }
  return { fresh, taken }
}

export function isPlaced(event: EncodedImport): event is PlacedEvent {
  return event.sequence !== undefined
}

/** A key for a place in a stream. */
export function placeOf(place: EventPlace): string {
  return `${place.sequence} ${streamIdOf(place)}`
}

/** Whether the event that is stored at its place is what an earlier run made of it. Columns of the host's are not compared. */
export function isSame(codecs: CodecRegistry, event: PlacedEvent, stored: StoredEvent): boolean {
  const { name, version, payload, recordedAt, commitId } = event
  return (
    name === stored.name &&
    version === stored.version &&
    payload.codec === stored.payload.codec &&
    (recordedAt === undefined || recordedAt.getTime() === stored.recordedAt.getTime()) &&
    (!event.inCommit || commitId === stored.commitId) &&
    isDeepStrictEqual(JSON.parse(event.metadata), stored.metadata) &&
    // Encrypted twice, a payload need not be the same text.
    isDeepStrictEqual(codecs.decode(payload, event), codecs.decode(stored.payload, event))
  )
}

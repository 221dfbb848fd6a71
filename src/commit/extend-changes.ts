import type { EncodedValue } from '../model/encoded-value.js'
import type { Metadata, NewEvent, StreamAppend } from '../model/event.js'
import { exactVersion } from '../model/expected-version.js'
import { streamIdOf } from '../model/stream-identity.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { StoredSnapshot, StreamChange } from '../model/stored.js'
import type { Database } from '../runner/database.js'
import { assertFitsJsonb } from '../serialization/json-codec.js'

/**
 * Adds the values of the columns that the host's event entity adds, and refuses payloads that its payload column cannot hold.
 * Changes nothing for the shipped entity. `metadata`: of streams that are only checked.
 */
export function extendChanges(
  database: Database,
  appends: readonly StreamAppend[],
  changes: StreamChange[],
  metadata: Metadata,
): StreamChange[] {
  const { own, payloadType } = database.tables.events
  if (payloadType === 'jsonb') {
    for (const { events } of changes) for (const { payload } of events) assertFitsJsonb(payload)
  }
  if (!own.areFilled) return changes
  return changes.map((change, index) => {
    const { events = [] } = appends[index]!
    if (events.length === 0) return withPlaceholder(database, change, metadata)
    const encoded = change.events.map((event, nth) => ({
      ...event,
      own: eventValues(database, change, events[nth]!),
    }))
    return { ...change, events: encoded }
  })
}

/** The same for a snapshot. */
export function extendSnapshot(
  database: Database,
  snapshot: StoredSnapshot,
  state: unknown,
  metadata: Metadata,
): StoredSnapshot {
  const { own, payloadType } = database.tables.snapshots
  if (payloadType === 'jsonb') assertFitsJsonb(snapshot.payload)
  if (!own.areFilled) return snapshot
  const stream = identityOf(snapshot)
  const what = (): string => `the snapshot of stream ${streamIdOf(stream)}`
  return { ...snapshot, own: own.encode({ state, version: snapshot.version, metadata, stream }, what) }
}

function eventValues(database: Database, change: StreamChange, event: NewEvent): readonly EncodedValue[] {
  const stream = identityOf(change)
  const what = (): string => `event '${event.name}' of stream ${streamIdOf(stream)}`
  return database.tables.events.own.encode({ event, metadata: event.metadata ?? {}, stream }, what)
}

/** Only Postgres holds the next sequence of a stream that is checked, by a row that has to have values too. */
function withPlaceholder(database: Database, change: StreamChange, metadata: Metadata): StreamChange {
  if (database.dialect !== 'postgres') return change
  const stream = identityOf(change)
  const what = (): string => `the check of stream ${streamIdOf(stream)}`
  // A stream that exists has a last event, whose values do as well.
  const exists = exactVersion(change.expectedVersion) !== 0
  const source = { event: undefined, metadata, stream }
  return { ...change, placeholder: database.tables.events.own.encode(source, what, exists) }
}

function identityOf({ aggregateType, aggregateId }: StreamIdentity): StreamIdentity {
  return { aggregateType, aggregateId }
}

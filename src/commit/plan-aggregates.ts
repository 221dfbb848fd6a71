import type { AggregateDefinition } from '../aggregate/aggregate-definition.js'
import { journalOf, requireAggregateId } from '../aggregate/journal.js'
import type { Metadata, NewEvent, StreamAppend } from '../model/event.js'
import type { StoredSnapshot } from '../model/stored.js'
import type { Database } from '../runner/database.js'
import type { CodecRegistry } from '../serialization/codec-registry.js'
import { jsonCodec } from '../serialization/json-codec.js'
import { extendSnapshot } from './extend-changes.js'

/** An aggregate instance and how its kind works. */
export interface Member {
  readonly aggregate: object
  readonly definition: AggregateDefinition<object>
}

/** What one aggregate asks of its stream: its pending events on top of the version it knows. */
export function appendOf({ aggregate, definition }: Member): StreamAppend {
  const journal = journalOf(aggregate)
  return {
    aggregateType: definition.aggregateType,
    aggregateId: requireAggregateId(aggregate),
    expectedVersion: journal.committedVersion,
    events: journal.pending.map((event): NewEvent => definition.complete(event)),
  }
}

/** Whether the aggregate's policy asks for a snapshot with this commit. */
export function isSnapshotDue({ aggregate, definition }: Member): boolean {
  const every = definition.snapshots?.every
  const journal = journalOf(aggregate)
  return (
    every !== undefined && journal.pending.length > 0 && journal.version - journal.snapshotVersion >= every
  )
}

/** The metadata of the newest event that is pending. */
export function newestMetadata({ aggregate }: Member): Metadata | undefined {
  return journalOf(aggregate).pending.at(-1)?.metadata
}

/** The aggregate's state, pending events included, as a snapshot. Throws if the state cannot be encoded. */
export function captureSnapshot(
  database: Database,
  { aggregate, definition }: Member,
  codecs: CodecRegistry,
  metadata: Metadata,
): StoredSnapshot {
  const { aggregateType } = definition
  const aggregateId = requireAggregateId(aggregate)
  const context = { aggregateType, aggregateId, name: aggregateType }
  const state = definition.capture(aggregate)
  const snapshot = {
    aggregateType,
    aggregateId,
    version: journalOf(aggregate).version,
    snapshotType: aggregateType,
    snapshotVersion: definition.snapshots?.version ?? 1,
    payload: codecs.encode(definition.codec ?? jsonCodec.label, state, context),
  }
  return extendSnapshot(database, snapshot, state, metadata)
}

import { EventMismatch } from '../aggregate/aggregate-definition.js'
import type { AggregateDefinition, AppliedEvent } from '../aggregate/aggregate-definition.js'
import { journalOf } from '../aggregate/journal.js'
import { ReplayError } from '../errors/index.js'
import { MAX_SEQUENCE } from '../model/expected-version.js'
import type { StoredSnapshot, TailEvent } from '../model/stored.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { Database } from '../runner/database.js'
import type { Host } from '../runner/host.js'
import type { EventSerializer } from '../serialization/event-serializer.js'
import type { LoadedStream } from '../sql/statements.js'
import { readStream, reading, versionAt } from './read-stream.js'

/** What loading needs beside what to load. */
export interface LoadContext {
  readonly database: Database
  readonly serializer: EventSerializer
  readonly host: Host | undefined
  /** Told of each snapshot that was ignored, and why. */
  readonly onIgnoredSnapshot: (stream: StreamIdentity, reason: string, cause?: unknown) => void
}

/** Up to where to load. */
export interface LoadOptions {
  /** The aggregate as it was at this version. */
  readonly version?: number
  /** The aggregate as it was at this time. */
  readonly time?: Date
}

/**
 * How many events of each stream the first round trip may bring, so that all of them together stay bounded;
 * longer tails follow a page at a time.
 */
function firstPage(streams: number): number {
  return Math.min(1_000, Math.max(50, Math.floor(20_000 / streams)))
}

/** Loads aggregates of one type, in the order of the ids; those that do not exist are left out. */
export async function loadAggregates<A extends object>(
  context: LoadContext,
  definition: AggregateDefinition<A>,
  aggregateIds: readonly string[],
  toVersion: number,
): Promise<A[]> {
  const { database, host } = context
  const { aggregateType, snapshots } = definition
  const ids = [...new Set(aggregateIds)]
  const asked = {
    aggregateType,
    aggregateIds: ids,
    snapshotType: snapshots === undefined ? undefined : aggregateType,
    snapshotVersion: snapshots === undefined ? undefined : (snapshots.version ?? 1),
    toVersion,
    limit: firstPage(ids.length),
  }
  const streams = await reading(
    database.connect(host, (connection) => connection.run(connection.statements.loadStreams(asked))),
  )
  const loaded: A[] = []
  for (const aggregateId of ids) {
    const stream = streams.get(aggregateId)
    const aggregate =
      stream && (await replay(context, definition, { aggregateType, aggregateId }, stream, toVersion))
    if (aggregate !== undefined) loaded.push(aggregate)
  }
  return loaded
}

/** The version to load up to: `MAX_SEQUENCE` for the newest. */
export async function versionToLoad(
  { database, host }: LoadContext,
  stream: StreamIdentity | undefined,
  { version = MAX_SEQUENCE, time }: LoadOptions,
): Promise<number> {
  return time === undefined || stream === undefined
    ? version
    : Math.min(version, await versionAt(database, host, stream, time))
}

async function replay<A extends object>(
  context: LoadContext,
  definition: AggregateDefinition<A>,
  identity: StreamIdentity,
  { snapshot, usable, events, complete }: LoadedStream,
  toVersion: number,
): Promise<A | undefined> {
  const restored = snapshot && restore(context, definition, snapshot, usable, toVersion)
  const aggregate = restored ?? definition.create(identity.aggregateId)
  const journal = journalOf(aggregate)
  journal.identify(identity.aggregateId, definition)
  if (restored !== undefined) journal.committedVersion = journal.snapshotVersion = snapshot!.version
  // Events that continue a snapshot which turned out to be unreadable do not begin at 1.
  const tail = usable && restored === undefined ? [] : events
  for (const event of tail) apply(context, definition, aggregate, identity, event)
  journal.committedVersion += tail.length
  if (!complete || tail !== events) await replayRest(context, definition, identity, aggregate, toVersion)
  return journal.committedVersion === 0 ? undefined : aggregate
}

async function replayRest<A extends object>(
  context: LoadContext,
  definition: AggregateDefinition<A>,
  identity: StreamIdentity,
  aggregate: A,
  toVersion: number,
): Promise<void> {
  const journal = journalOf(aggregate)
  const options = { fromSequence: journal.committedVersion + 1, toVersion }
  for await (const event of readStream(
    context.database,
    context.serializer,
    context.host,
    identity,
    options,
  )) {
    applyDecoded(definition, aggregate, identity, event.sequence, event)
    journal.committedVersion = event.sequence
  }
}

/** Gives `undefined` for a snapshot that cannot serve: it is a cache, and never fails a command. */
function restore<A extends object>(
  { serializer, onIgnoredSnapshot }: LoadContext,
  definition: AggregateDefinition<A>,
  snapshot: StoredSnapshot,
  usable: boolean,
  toVersion: number,
): A | undefined {
  if (usable) {
    try {
      const context = { ...snapshot, name: snapshot.snapshotType }
      return definition.restore(serializer.codecs.decode(snapshot.payload, context), snapshot.aggregateId)
    } catch (cause) {
      onIgnoredSnapshot(snapshot, 'it cannot be decoded', cause)
      return undefined
    }
  }
  const version = definition.snapshots?.version ?? 1
  if (snapshot.snapshotType !== definition.aggregateType || snapshot.snapshotVersion !== version) {
    onIgnoredSnapshot(
      snapshot,
      `it is '${snapshot.snapshotType}' version ${snapshot.snapshotVersion}, not '${definition.aggregateType}' version ${version}`,
    )
  } else if (snapshot.version <= toVersion) {
    onIgnoredSnapshot(snapshot, `it is at version ${snapshot.version}, ahead of its stream`)
  }
  return undefined
}

function apply<A extends object>(
  { serializer }: LoadContext,
  definition: AggregateDefinition<A>,
  aggregate: A,
  stream: StreamIdentity,
  event: TailEvent,
): void {
  applyDecoded(definition, aggregate, stream, event.sequence, serializer.decodeTail(stream, event))
}

function applyDecoded<A extends object>(
  definition: AggregateDefinition<A>,
  aggregate: A,
  stream: StreamIdentity,
  sequence: number,
  { name, version, payload }: AppliedEvent,
): void {
  try {
    definition.apply(aggregate, { name, version, payload })
  } catch (cause) {
    const reason =
      cause instanceof EventMismatch ? cause.message : 'the aggregate failed on it, see the cause'
    throw new ReplayError(stream, sequence, `('${name}') cannot be applied: ${reason}.`, { cause })
  }
}

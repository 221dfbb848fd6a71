import { DuplicateStreamError, InvalidArgumentError, InvalidStreamIdentityError } from '../errors/index.js'
import type { StreamAppend } from '../model/event.js'
import { isExpectedVersion, MAX_SEQUENCE } from '../model/expected-version.js'
import { problemWithName, streamIdOf } from '../model/stream-identity.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { StreamChange } from '../model/stored.js'
import type { EventSerializer } from '../serialization/event-serializer.js'

/**
 * Turns what the caller handed in into changes, or throws before anything is written: identities first, then
 * duplicate streams, expected versions, and the events themselves.
 */
export function planStreams(serializer: EventSerializer, appends: readonly StreamAppend[]): StreamChange[] {
  for (const append of appends) assertStreamIdentity(append)
  assertNoDuplicates(appends)
  for (const append of appends) assertExpectedVersion(append)
  return appends.map(({ aggregateType, aggregateId, expectedVersion, events = [] }) => ({
    aggregateType,
    aggregateId,
    expectedVersion,
    events: events.map((event) => serializer.encode({ aggregateType, aggregateId }, event)),
  }))
}

/** Throws `InvalidStreamIdentityError` unless type and id can name a stream on every database. */
export function assertStreamIdentity({ aggregateType, aggregateId }: StreamIdentity): void {
  const typeProblem = problemWithName(aggregateType)
  if (typeProblem !== undefined) throw new InvalidStreamIdentityError('aggregateType', typeProblem)
  const idProblem = problemWithName(aggregateId)
  if (idProblem !== undefined) throw new InvalidStreamIdentityError('aggregateId', idProblem)
}

function assertNoDuplicates(appends: readonly StreamAppend[]): void {
  if (appends.length < 2) return
  const seen = new Set<string>()
  for (const append of appends) {
    const id = streamIdOf(append)
    if (seen.has(id)) throw new DuplicateStreamError(append)
    seen.add(id)
  }
}

function assertExpectedVersion(append: StreamAppend): void {
  const { expectedVersion, events = [] } = append
  if (!isExpectedVersion(expectedVersion)) {
    throw new InvalidArgumentError(
      `The expected version of stream ${streamIdOf(append)} is ${String(expectedVersion)}. ` +
        `Use a whole number from 0, 'no-stream', 'stream-exists' or 'any'.`,
    )
  }
  if (typeof expectedVersion === 'number' && expectedVersion + events.length > MAX_SEQUENCE) {
    throw new InvalidArgumentError(`Stream ${streamIdOf(append)} cannot grow beyond version ${MAX_SEQUENCE}.`)
  }
}

import type { Commit, CommittedStream, RecordedEvent, StreamAppend } from '../model/event.js'
import type { AppendOutcome, StreamChange } from '../model/stored.js'

/** Tells what a commit stored, from what was handed in and what the database answered. */
export function describeCommit(
  appends: readonly StreamAppend[],
  changes: readonly StreamChange[],
  commitId: string,
  outcome: AppendOutcome,
): Commit {
  const recordedAt = outcome.recordedAt ?? new Date(Number.NaN)
  let described = 0
  const streams: CommittedStream[] = []
  changes.forEach(({ aggregateType, aggregateId, events }, index) => {
    if (events.length === 0) return
    const before = versionBefore(changes, outcome.versions, index)
    const recorded = (appends[index]!.events ?? []).map(
      ({ name, version = 1, payload = null, metadata = {} }, nth): RecordedEvent => ({
        aggregateType,
        aggregateId,
        sequence: before + nth + 1,
        position: outcome.positions[described + nth]!,
        commitId,
        name,
        version,
        payload,
        metadata,
        recordedAt,
      }),
    )
    described += recorded.length
    streams.push({ aggregateType, aggregateId, version: before + events.length, events: recorded })
  })
  const [first, second] = streams
  const all =
    first !== undefined && second === undefined ? [...first.events] : streams.flatMap(({ events }) => events)
  return { commitId, streams, events: all }
}

/** The database answers with one version a stream; read back after a lost connection, with one a stream that has events. */
function versionBefore(changes: readonly StreamChange[], versions: readonly number[], index: number): number {
  if (versions.length === changes.length) return versions[index]!
  return versions[changes.slice(0, index).filter(({ events }) => events.length > 0).length]!
}

import { journalOf } from '../aggregate/journal.js'
import type { Commit, StreamAppend } from '../model/event.js'
import type { StoredSnapshot } from '../model/stored.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { Database } from '../runner/database.js'
import type { Host } from '../runner/host.js'
import type { EventSerializer } from '../serialization/event-serializer.js'
import { commitChanges } from './commit-changes.js'
import type { CommitListeners } from './commit-listeners.js'
import { describeCommit } from './describe-commit.js'
import { appendOf, captureSnapshot, isSnapshotDue } from './plan-aggregates.js'
import type { Member } from './plan-aggregates.js'
import { planStreams } from './plan-changes.js'

/** What committing needs beside what to commit. */
export interface CommitContext {
  readonly database: Database
  readonly serializer: EventSerializer
  readonly host: Host | undefined
  readonly listeners: CommitListeners
  /** Told of each snapshot that a policy asked for and that could not be encoded. */
  readonly onLostSnapshot: (stream: StreamIdentity, cause: unknown) => void
}

/** Commits appends and aggregates together, all or nothing. Aggregates change only after it succeeded. */
export async function commitAll(
  context: CommitContext,
  appends: readonly StreamAppend[],
  members: readonly Member[],
): Promise<Commit> {
  const { database, serializer, host, listeners } = context
  const all = [...appends, ...members.map(appendOf)]
  const streams = planStreams(serializer, all)
  const hasWork = appends.length > 0 || streams.some(({ events }) => events.length > 0)
  if (!hasWork) return { commitId: undefined, streams: [], events: [] }
  const snapshots = members.filter(isSnapshotDue).flatMap((member) => captureOrReport(context, member))
  // What to do if a host's transaction around this commit ends one way or the other; known after the commit.
  const later: { outcome?: 'commit' | 'rollback'; tell?: (outcome: 'commit' | 'rollback') => void } = {}
  const ended = (outcome: 'commit' | 'rollback') => (): void => {
    later.outcome = outcome
    later.tell?.(outcome)
  }
  const committed = await commitChanges(database, host, { streams, snapshots }, () => ({
    onCommit: ended('commit'),
    onRollback: ended('rollback'),
  }))
  const commit = describeCommit(all, streams, committed)
  const takeBack = markCommitted(members, all.slice(appends.length), snapshots)
  const announce = (): void => {
    if (commit.events.length > 0) listeners.notify(commit)
  }
  later.tell = (outcome) => (outcome === 'commit' ? announce() : takeBack())
  // The host's transaction may have ended while the answer was on its way here.
  if (!committed.joined) announce()
  else if (later.outcome !== undefined) later.tell(later.outcome)
  return commit
}

/** A snapshot is a cache: one that cannot be encoded must not fail the command. */
function captureOrReport({ serializer, onLostSnapshot }: CommitContext, member: Member): StoredSnapshot[] {
  try {
    return [captureSnapshot(member, serializer.codecs)]
  } catch (cause) {
    onLostSnapshot(
      { aggregateType: member.definition.aggregateType, aggregateId: appendOf(member).aggregateId },
      cause,
    )
    return []
  }
}

/** Gives the function that takes it all back. */
function markCommitted(
  members: readonly Member[],
  appends: readonly StreamAppend[],
  snapshots: readonly StoredSnapshot[],
): () => void {
  const undo = members.map(({ aggregate, definition }, index) => {
    const journal = journalOf(aggregate)
    const { snapshotVersion } = journal
    const events = journal.markCommitted(appends[index]!.events?.length ?? 0)
    const snapshot = snapshots.find(
      ({ aggregateType, aggregateId }) =>
        aggregateType === definition.aggregateType && aggregateId === journal.aggregateId,
    )
    if (snapshot !== undefined) journal.snapshotVersion = snapshot.version
    return () => journal.markRolledBack(events, snapshotVersion)
  })
  return () => undo.forEach((takeBack) => takeBack())
}

import { currentMetadata } from '../aggregate/metadata-scope.js'
import type { Commit, Metadata, StreamAppend } from '../model/event.js'
import type { ProcessedMark, ProcessedMessage } from '../model/message.js'
import type { AppendOutcome, StoredSnapshot } from '../model/stored.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import { orderTables } from '../read-model/order-tables.js'
import type { Projections } from '../read-model/projection.js'
import type { RowOperation } from '../read-model/row-operation.js'
import type { Host } from '../runner/host.js'
import type { EventSerializer } from '../serialization/event-serializer.js'
import { commitChanges } from './commit-changes.js'
import type { CommitPlace } from './commit-changes.js'
import type { CommitListeners } from './commit-listeners.js'
import { describeCommit } from './describe-commit.js'
import { appendOf, captureSnapshot, isSnapshotDue, newestMetadata } from './plan-aggregates.js'
import type { Member } from './plan-aggregates.js'
import { OngoingCommit } from './ongoing-commit.js'
import type { PlannedCommit } from './ongoing-commit.js'
import { extendChanges, extendMessages } from './extend-changes.js'
import { planStreams } from './plan-changes.js'
import { planMarks, planMessages } from './plan-messages.js'
import type { OutgoingMessage } from './plan-messages.js'
import { rejecting } from './rejecting.js'
import { SkippedPlan } from './write-changes.js'

/** What committing needs beside what to commit. */
export interface CommitContext extends CommitPlace {
  readonly serializer: EventSerializer
  readonly host: Host | undefined
  readonly listeners: CommitListeners
  readonly projections: Projections
  /** Told of each snapshot that a policy asked for and that could not be encoded. */
  readonly onLostSnapshot: (stream: StreamIdentity, cause: unknown) => void
}

/** What one commit is asked to do. */
export interface CommitRequest {
  readonly appends: readonly StreamAppend[]
  readonly members: readonly Member[]
  readonly messages: readonly OutgoingMessage[]
  readonly marks: readonly ProcessedMark[]
  /** Of streams that are only checked. @defaultValue the scope's */
  readonly metadata?: Metadata
  /** Throws what went wrong while the plan was made; asked for once, last of all checks. */
  readonly rows: () => readonly RowOperation[]
}

export const NOTHING_REQUESTED: CommitRequest = {
  appends: [],
  members: [],
  messages: [],
  marks: [],
  rows: () => [],
}

/** How a commit ended, if it did not fail. */
export type CommitOutcome =
  | { readonly kind: 'committed'; readonly commit: Commit }
  /** It consists of nothing but read-model rows and messages, and its message was handled before: nothing was applied. */
  | { readonly kind: 'skipped'; readonly processed: ProcessedMessage }

/** Everything that can be wrong with a request is found here. Gives `undefined` if there is nothing to do. */
function planCommit(context: CommitContext, request: CommitRequest): PlannedCommit | undefined {
  const { database, serializer, projections } = context
  const metadata = request.metadata ?? currentMetadata() ?? {}
  const { appends, members } = request
  const all = [...appends, ...members.map(appendOf)]
  const planned = planStreams(serializer, all)
  const staged = planMessages(serializer, request.messages, appends.length === 0 ? members : [])
  const messages = extendMessages(database, staged, request.messages)
  const marks = planMarks(request.marks)
  const rows = request.rows()
  if (rows.length > 0) orderTables(rows.map(({ entity }) => entity))
  const hasEvents = planned.some(({ events }) => events.length > 0)
  const hasWork = hasEvents || appends.length + messages.length + marks.length + rows.length > 0
  if (!hasWork) return undefined
  const streams = extendChanges(database, all, planned, metadata)
  const snapshots = members
    .filter(isSnapshotDue)
    .flatMap((member) => captureOrReport(context, member, newestMetadata(member) ?? metadata))
  const concerned = streams.some(({ aggregateType, events }) =>
    events.some(({ name }) => projections.handle(aggregateType, name)),
  )
  const projected = concerned
    ? {
        projections,
        events: (commitId: string, outcome: AppendOutcome) =>
          describeCommit(all, streams, commitId, outcome).events,
      }
    : undefined
  return { appends: all, members, changes: { streams, snapshots, messages, marks, rows, projected } }
}

/** Commits everything together, all or nothing. Aggregates change only after it succeeded. */
export function commitAll(context: CommitContext, request: CommitRequest): Promise<CommitOutcome> {
  return rejecting(() => {
    const planned = planCommit(context, request)
    if (planned === undefined) {
      const nothing: Commit = { commitId: undefined, streams: [], events: [] }
      return Promise.resolve({ kind: 'committed', commit: nothing })
    }
    const ongoing = new OngoingCommit(planned, context.listeners)
    return commitChanges(context, context.host, planned.changes, ongoing).then(
      (committed): CommitOutcome => ({ kind: 'committed', commit: ongoing.succeed(committed) }),
      skippedOrFailed,
    )
  })
}

function skippedOrFailed(error: unknown): CommitOutcome {
  if (error instanceof SkippedPlan) return { kind: 'skipped', processed: error.processed }
  throw error
}

/** A snapshot is a cache: one that cannot be encoded must not fail the command. */
function captureOrReport(
  { database, serializer, onLostSnapshot }: CommitContext,
  member: Member,
  metadata: Metadata,
): StoredSnapshot[] {
  try {
    return [captureSnapshot(database, member, serializer.codecs, metadata)]
  } catch (cause) {
    onLostSnapshot(
      { aggregateType: member.definition.aggregateType, aggregateId: appendOf(member).aggregateId },
      cause,
    )
    return []
  }
}

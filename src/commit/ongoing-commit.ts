import { journalOf } from '../aggregate/journal.js'
import type { Commit, StreamAppend } from '../model/event.js'
import type { TransactionEnd } from '../runner/transaction-hooks.js'
import type { Changes } from './changes.js'
import type { Committed } from './commit-changes.js'
import type { CommitListeners } from './commit-listeners.js'
import { describeCommit } from './describe-commit.js'
import type { Member } from './plan-aggregates.js'

/** What a commit was asked to do, checked and encoded. */
export interface PlannedCommit {
  /** A part for each stream: those that were handed in, then those of aggregates. */
  readonly appends: readonly StreamAppend[]
  /** The aggregates; theirs are the last of the parts. */
  readonly members: readonly Member[]
  readonly changes: Changes
}

/** One commit on its way: what becomes of its aggregates and who is told when it, and a host's transaction around it, has ended. */
export class OngoingCommit implements TransactionEnd {
  private commit: Commit | undefined
  private ended: 'commit' | 'rollback' | undefined
  private undo: readonly (() => void)[] = []

  constructor(
    private readonly planned: PlannedCommit,
    private readonly listeners: CommitListeners,
  ) {}

  /** The database has stored it: its aggregates have no pending events any more. */
  succeed({ commitId, outcome, joined }: Committed): Commit {
    const { appends, changes } = this.planned
    this.commit = describeCommit(appends, changes.streams, commitId, outcome)
    this.markCommitted()
    // The host's transaction may have ended while the answer was on its way here.
    if (!joined || this.ended === 'commit') this.announce()
    else if (this.ended === 'rollback') this.takeBack()
    return this.commit
  }

  onCommit(): void {
    this.ended = 'commit'
    this.announce()
  }

  onRollback(): void {
    this.ended = 'rollback'
    this.takeBack()
  }

  private announce(): void {
    const { commit, listeners, planned } = this
    if (commit === undefined) return
    if (commit.events.length > 0 || planned.changes.messages.length > 0) listeners.notify(commit)
  }

  private markCommitted(): void {
    const { appends, members, changes } = this.planned
    const first = appends.length - members.length
    this.undo = members.map(({ aggregate, definition }, index) => {
      const journal = journalOf(aggregate)
      const { snapshotVersion } = journal
      const events = journal.markCommitted(appends[first + index]!.events?.length ?? 0)
      const snapshot = changes.snapshots.find(
        ({ aggregateType, aggregateId }) =>
          aggregateType === definition.aggregateType && aggregateId === journal.aggregateId,
      )
      if (snapshot !== undefined) journal.snapshotVersion = snapshot.version
      return () => journal.markRolledBack(events, snapshotVersion)
    })
  }

  private takeBack(): void {
    for (const undo of this.undo) undo()
  }
}

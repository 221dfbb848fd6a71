import type { ProcessedMark, StagedMessage } from '../model/message.js'
import type { RecordedEvent } from '../model/event.js'
import type { AppendOutcome, StoredSnapshot, StreamChange, StreamCommit } from '../model/stored.js'
import type { Projections } from '../read-model/projection.js'
import type { RowOperation } from '../read-model/row-operation.js'

/** Everything that one commit writes, checked and encoded: plain data. */
export interface Changes {
  readonly streams: readonly StreamChange[]
  readonly snapshots: readonly StoredSnapshot[]
  readonly messages: readonly StagedMessage[]
  readonly marks: readonly ProcessedMark[]
  readonly rows: readonly RowOperation[]
  /** The inline projections that its events concern; they run once the events have their positions. */
  readonly projected: ProjectedEvents | undefined
}

export interface ProjectedEvents {
  readonly projections: Projections
  events(commitId: string, outcome: AppendOutcome): readonly RecordedEvent[]
}

/** Whether the commit is more than events, so that one statement cannot do it. */
export function ridesAlong({ snapshots, messages, marks, rows, projected }: Changes): boolean {
  return snapshots.length + messages.length + marks.length + rows.length > 0 || projected !== undefined
}

/** What can be written with events in one statement each, whatever becomes of others. */
export type Extras = Pick<Changes, 'snapshots' | 'messages' | 'marks'>

/** A commit that can be sent together with others. */
export interface SharedCommit extends StreamCommit {
  /** `undefined`: it is events alone. */
  readonly extras: Extras | undefined
}

export const NO_CHANGES: Changes = {
  streams: [],
  snapshots: [],
  messages: [],
  marks: [],
  rows: [],
  projected: undefined,
}

import {
  ConcurrentWriteError,
  DuplicateMessageError,
  DuplicateOutboxMessageError,
  SourcedError,
  StorageError,
} from '../errors/index.js'
import { isExpected } from '../model/expected-version.js'
import type { ProcessedMark, ProcessedMessage, StagedMessage } from '../model/message.js'
import type { AppendOutcome, StoredSnapshot, StreamChange } from '../model/stored.js'
import { ReadModelRows } from '../read-model/read-model-rows.js'
import type { RowOperation } from '../read-model/row-operation.js'
import { RowPlan } from '../read-model/row-plan.js'
import { checkThemselves, writeOperations } from '../read-model/write-operations.js'
import type { Connection } from '../runner/connection.js'
import { faultOf } from '../runner/fault.js'
import { missingEntity } from '../runner/missing-entity.js'
import type { InboxStatements } from '../sql/inbox-statements.js'
import type { Changes, ProjectedEvents } from './changes.js'

/** Something that is not the database's fault, on its way through the transaction that it rolls back. */
export abstract class PassingThrough extends Error {}

/** A projection failed; the application wants its own error. */
export class ProjectionFailed extends PassingThrough {
  constructor(override readonly cause: unknown) {
    super('a projection failed')
  }
}

/** A plan without aggregates whose message was handled before: nothing of it is to be applied. */
export class SkippedPlan extends PassingThrough {
  constructor(readonly processed: ProcessedMessage) {
    super('skipped')
  }
}

/**
 * Writes everything in the transaction that is open on the connection. The marks come first: whoever handles the same
 * message at the same time waits there, before it has locked anything else.
 */
export async function writeChanges(
  connection: Connection,
  commitId: string,
  changes: Changes,
): Promise<AppendOutcome> {
  const { streams, snapshots, messages, marks, rows, projected } = changes
  const hasEvents = streams.some(({ events }) => events.length > 0)
  // Without events, a message that was handled before is no error; and projections want to know the positions of their events.
  const isMarked = !hasEvents || projected !== undefined
  if (isMarked) await mark(connection, marks, false, streams.length === 0)
  const appended = projected && (await append(connection, commitId, streams, false))
  const operations = projected ? await project(connection, commitId, rows, projected, appended!) : rows
  // Sent with COMMIT, statements cannot be refused any more. Without events it has to be known first which transaction it is.
  const isLast = connection.canCommitWith && hasEvents && checkThemselves(operations)
  const steps = [
    () => (isMarked ? Promise.resolve() : mark(connection, marks, isLast)),
    () =>
      appended === undefined ? append(connection, commitId, streams, isLast) : Promise.resolve(appended),
    () => stage(connection, messages, isLast),
    () => writeOperations(connection, operations, isLast),
    () => saveSnapshots(connection, snapshots),
  ] as const
  const [, outcome] = await (isLast ? connection.commitWith(steps) : connection.together(steps))
  return outcome
}

/** How often an append can be refused although its streams are as expected, before something else must be wrong. */
const MOST_REFUSALS = 20

async function append(
  connection: Connection,
  commitId: string,
  streams: readonly StreamChange[],
  orFail: boolean,
  refusals = 1,
): Promise<AppendOutcome> {
  if (streams.length === 0) return NOTHING
  const hasEvents = streams.some(({ events }) => events.length > 0)
  // An embedded database needs nothing to hold the streams: whoever writes after reading an old state is refused.
  if (!hasEvents && !connection.statements.canLockRows) return checkVersions(connection, streams)
  const outcome = await connection.run(
    connection.statements.append(commitId, streams, connection.place(orFail)),
  )
  if (outcome.accepted) {
    connection.keepFloor(outcome.positions)
    return outcome
  }
  await checkVersions(connection, streams)
  // Refused, and yet everything is as expected by now: the stream came into being in between.
  if (refusals < MOST_REFUSALS) return append(connection, commitId, streams, orFail, refusals + 1)
  const problem =
    'The event table takes no events. A trigger of yours that returns NULL keeps rows out of it.'
  throw new StorageError('append', problem, false, 'not-written')
}

/** Throws for the first stream that is not where it was expected. */
export async function checkVersions(
  connection: Connection,
  streams: readonly StreamChange[],
): Promise<AppendOutcome> {
  const versions = await connection.run(connection.statements.streamVersions(streams))
  streams.forEach((stream, index) => {
    const actual = versions[index]!
    if (!isExpected(stream.expectedVersion, actual)) {
      throw new ConcurrentWriteError(stream, stream.expectedVersion, actual)
    }
  })
  return { ...NOTHING, versions }
}

/** What a commit without streams did to them. */
export const NOTHING: AppendOutcome = { accepted: true, versions: [], positions: [], recordedAt: undefined }

/** `orFail`: what was handled before is an error of the database's. `alone`: it makes the whole commit needless. */
export async function mark(
  connection: Connection,
  marks: readonly ProcessedMark[],
  orFail: boolean,
  alone = false,
): Promise<void> {
  if (marks.length === 0) return
  const inbox = inboxOf(connection)
  const made = await connection.run(inbox.mark(marks, orFail))
  if (made.length === marks.length) return
  const old = marks.filter(
    (mark) =>
      !made.some(({ consumer, messageId }) => consumer === mark.consumer && messageId === mark.messageId),
  )
  const [existing] = await connection.run(inbox.find(old))
  // The earlier mark can be gone already, if somebody purges marks as fast as they are made.
  const { consumer, messageId, processedAt } = existing ?? { ...old[0]!, processedAt: new Date() }
  if (alone) throw new SkippedPlan({ consumer, messageId, processedAt })
  throw new DuplicateMessageError(consumer, messageId, processedAt)
}

/** Throws `SchemaError` if the DataSource has no entity for marks. */
export function inboxOf({ statements: { inbox } }: Connection): InboxStatements {
  if (inbox === undefined) throw missingEntity('processed_messages', 'ProcessedMessage')
  return inbox
}

/** `orFail`: an id that is taken is an error of the database's. */
export async function stage(
  connection: Connection,
  messages: readonly StagedMessage[],
  orFail: boolean,
): Promise<void> {
  if (messages.length === 0) return
  const { outbox } = connection.statements
  if (outbox === undefined) throw missingEntity('outbox_messages', 'OutboxMessage')
  const [duplicate] = await connection.run(outbox.stage(messages, orFail))
  if (duplicate !== undefined) throw new DuplicateOutboxMessageError(duplicate)
}

export async function saveSnapshots(
  connection: Connection,
  snapshots: readonly StoredSnapshot[],
): Promise<void> {
  if (snapshots.length > 0) await connection.run(connection.statements.saveSnapshots(snapshots))
}

/**
 * Rows that were staged and rows that projections make of the events fold together, unless a projection reads first. Gives
 * what is still to be written.
 */
async function project(
  connection: Connection,
  commitId: string,
  rows: readonly RowOperation[],
  projected: ProjectedEvents,
  outcome: AppendOutcome,
): Promise<readonly RowOperation[]> {
  const flush = (): Promise<void> => writeOperations(connection, plan.take())
  const plan: RowPlan = new RowPlan({
    entity: (target) => connection.rowTables.of(target),
    flushes: true,
    find: async (entity, key, relations) => {
      await flush()
      return connection.findRow(entity, key, relations, true)
    },
  })
  plan.add(rows)
  const events = projected.events(commitId, outcome)
  await projected.projections.run(events, new ReadModelRows(plan)).catch((cause: unknown) => {
    throw cause instanceof SourcedError || faultOf(cause).kind !== 'other'
      ? cause
      : new ProjectionFailed(cause)
  })
  return plan.take()
}

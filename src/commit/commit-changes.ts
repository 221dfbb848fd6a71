import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConcurrentWriteError, ReadModelConflictError, SourcedError, StorageError } from '../errors/index.js'
import type { AppendOutcome } from '../model/stored.js'
import { keyOf } from '../read-model/row-operation.js'
import type { Connection } from '../runner/connection.js'
import type { Database } from '../runner/database.js'
import { faultOf, isDatabaseVerdict } from '../runner/fault.js'
import type { Host } from '../runner/host.js'
import { asStorageError } from '../runner/storage-error.js'
import type { JoinedTransaction, TransactionEnd } from '../runner/transaction-hooks.js'
import { ridesAlong } from './changes.js'
import type { Changes, Extras } from './changes.js'
import type { CommitQueue, QueuedOutcome } from './commit-queue.js'
import { settleLostCommit, settleLostTransaction } from './settle-lost-commit.js'
import { checkVersions, NOTHING, PassingThrough, ProjectionFailed, writeChanges } from './write-changes.js'

/** Where commits go. */
export interface CommitPlace {
  readonly database: Database
  /** Sends commits together; `undefined` sends each by itself. */
  readonly queue: CommitQueue | undefined
}

/** What a successful commit did. */
export interface Committed {
  readonly commitId: string
  readonly outcome: AppendOutcome
  /** Whether a host's transaction decides the rest. */
  readonly joined: boolean
}

/** How one attempt went, unless it failed for good. */
type Attempt =
  | ({ readonly kind: 'committed' } & Committed)
  /** The database refused a sequence: another writer was faster, or the expected version is ahead of the stream. */
  | { readonly kind: 'raced'; readonly joined: boolean; readonly cause: unknown }
  /** Nobody said what became of it: the connection broke, or the client gave up waiting. */
  | { readonly kind: 'lost'; readonly cause: unknown; readonly transaction: string | undefined }

/** How many races in a host's transaction make it worth asking whether its snapshot is fixed. */
const RACES_BEFORE_ASKING = 5

/** How often the gap guard may refuse a commit whose streams are as expected: a trigger of the host's can do that too. */
const RACES_OF_GAPS = 50

/** How often a commit is tried whose projections lose against other writers; a projection can also be wrong. */
const RACES_OF_PROJECTIONS = 20

/**
 * The one place that commits. Events alone travel in a single statement, which needs no transaction around it;
 * anything more makes it a transaction, and inside a host's transaction it is always a savepoint. There `end` is told how
 * that transaction ended.
 */
export function commitChanges(
  { database, queue }: CommitPlace,
  host: Host | undefined,
  changes: Changes,
  end: TransactionEnd,
): Promise<Committed> {
  const commitId = randomUUID()
  if (queue === undefined || !canGoWithOthers(database, host, changes))
    return commitAlone(database, host, commitId, changes, end)
  return queue.append({ commitId, changes: changes.streams, extras: extrasOf(changes) }).then(
    (queued) =>
      queued.kind === 'committed'
        ? { commitId, outcome: queued.outcome, joined: false }
        : afterRefusal(database, host, commitId, changes, end, queued),
    (error: unknown) => {
      throw asStorageError('append', error)
    },
  )
}

/** What becomes of a commit that was not stored together with others. */
async function afterRefusal(
  database: Database,
  host: Host | undefined,
  commitId: string,
  changes: Changes,
  end: TransactionEnd,
  queued: Exclude<QueuedOutcome, { kind: 'committed' }>,
): Promise<Committed> {
  if (queued.kind === 'stale')
    throw new ConcurrentWriteError(queued.stream, queued.stream.expectedVersion, queued.actualVersion)
  if (queued.kind === 'lost')
    return settle(database, commitId, changes, { ...queued, transaction: undefined })
  try {
    return await commitAlone(database, host, commitId, changes, end, 2)
  } finally {
    queued.done()
  }
}

function extrasOf(changes: Changes): Extras | undefined {
  if (!ridesAlong(changes)) return undefined
  const { snapshots, messages, marks } = changes
  return { snapshots, messages, marks }
}

/** Events and what asks for no rows, outside of any transaction and of any connection of the host's. */
function canGoWithOthers(database: Database, host: Host | undefined, changes: Changes): boolean {
  return (
    changes.rows.length === 0 &&
    changes.projected === undefined &&
    changes.streams.some(({ events }) => events.length > 0) &&
    database.takesFromPool(host)
  )
}

/** `first`: 2 if a first attempt was refused already. */
async function commitAlone(
  database: Database,
  host: Host | undefined,
  commitId: string,
  changes: Changes,
  end: TransactionEnd,
  first = 1,
): Promise<Committed> {
  // Every attempt belongs to the transaction that was open when the commit was asked for.
  const joinedTo = database.joinedTransaction(host)
  for (let count = first; ; count++) {
    const attempt = await attemptCommit(database, host, joinedTo, changes, async (connection) => {
      if (count > 1) {
        // The key, or the gap guard, refused the last attempt; the streams' versions say whether to try again.
        connection.sendOneByOne()
        // What was handled before is to be told as such: marks come first.
        if (changes.streams.length > 0 && changes.marks.length === 0)
          await checkVersions(connection, changes.streams)
      }
      return write(connection, commitId, changes, end)
    })
    if (attempt.kind === 'committed') return attempt
    if (attempt.kind === 'lost') return settle(database, commitId, changes, attempt)
    if (attempt.cause instanceof ReadModelConflictError && count >= RACES_OF_PROJECTIONS) throw attempt.cause
    if (faultOf(attempt.cause).kind === 'gap' && count >= RACES_OF_GAPS)
      throw asStorageError('append', attempt.cause)
    if (attempt.joined && count % RACES_BEFORE_ASKING === 0) await assertFreshSnapshots(database, host)
    await sleep(Math.random() * Math.min(count, 20))
  }
}

async function attemptCommit(
  database: Database,
  host: Host | undefined,
  joinedTo: JoinedTransaction | undefined,
  changes: Changes,
  work: (connection: Connection) => Promise<Committed>,
): Promise<Attempt> {
  try {
    return await database.connect(
      host,
      async (connection) => {
        try {
          return { kind: 'committed', ...(await work(connection)) }
        } catch (error) {
          return await failedAttempt(connection, changes, error)
        }
      },
      joinedTo,
    )
  } catch (error) {
    if (error instanceof ProjectionFailed) throw error.cause
    throw error instanceof PassingThrough ? error : asStorageError('append', error)
  }
}

/** Tells what a failure means for the commit; throws it if the commit certainly failed. */
async function failedAttempt(connection: Connection, changes: Changes, error: unknown): Promise<Attempt> {
  const fault = faultOf(error)
  const { joined } = connection
  const keyTaken = fault.kind === 'unique-violation' && fault.constraint === connection.statements.streamKey
  if (isProjected(changes, error)) return { kind: 'raced', joined, cause: error }
  if (keyTaken || fault.kind === 'gap' || (fault.kind === 'serialization' && !joined))
    return { kind: 'raced', joined, cause: error }
  // Which of several statements that were sent at once is to blame shows when each waits for the one before.
  if (connection.sentTogether && mayHideCause(error)) return { kind: 'raced', joined, cause: error }
  const known = error instanceof SourcedError || error instanceof PassingThrough || isDatabaseVerdict(error)
  if (connection.statements.lostCommits === undefined || known || !connection.mayHaveCommitted) throw error
  await connection.discard(error)
  return { kind: 'lost', cause: error, transaction: connection.transactionId }
}

/** Whether an error of the database may be there only because an earlier statement did not do what it should. */
function mayHideCause(error: unknown): boolean {
  const cause = error instanceof StorageError ? error.cause : error
  const { kind } = faultOf(cause)
  return (
    isDatabaseVerdict(cause) &&
    (kind === 'unique-violation' || kind === 'aborted-transaction' || kind === 'other')
  )
}

async function write(
  connection: Connection,
  commitId: string,
  changes: Changes,
  end: TransactionEnd,
): Promise<Committed> {
  const { joined } = connection
  const { streams } = changes
  const hasEvents = streams.some(({ events }) => events.length > 0)
  if (!joined && !ridesAlong(changes)) {
    // Versions that nothing is written upon need no lock.
    const outcome = hasEvents
      ? await writeChanges(connection, commitId, changes)
      : await checkVersions(connection, streams)
    return { commitId, outcome, joined }
  }
  return connection.atomically(async () => {
    const committed = { commitId, outcome: await writeChanges(connection, commitId, changes), joined }
    if (joined) connection.whenEnded(end)
    // Events can be found again by the commit's id; for other rows the transaction's end has to be known first.
    else if (!hasEvents) await connection.rememberTransaction()
    return committed
  })
}

/** Says what became of a commit whose connection broke, by reading back; never writes again. */
async function settle(
  database: Database,
  commitId: string,
  changes: Changes,
  { cause, transaction }: { readonly cause: unknown; readonly transaction: string | undefined },
): Promise<Committed> {
  const found =
    transaction === undefined
      ? await settleLostCommit(database, commitId, changes.streams)
      : await settleLostTransaction(database, transaction, changes)
  if (found === 'written') return { commitId, outcome: NOTHING, joined: false }
  if (typeof found === 'object') return { commitId, outcome: found, joined: false }
  if (found === 'not-written') {
    const problem =
      'The connection broke, or an answer took too long. Reading back showed that nothing was written; try again.'
    throw new StorageError('append', problem, true, 'not-written', { cause })
  }
  throw new StorageError(
    'append',
    `The connection broke during the commit, and the database could not be asked what became of it within ` +
      `${database.options.lostCommitTimeoutMs} ms. Load the aggregate again: either everything of commit ${commitId} is there or nothing.`,
    false,
    'unknown',
    { cause },
  )
}

/** Whether another writer got in the way of a row that only projections write: they run again and see what it wrote. */
function isProjected({ rows, projected }: Changes, error: unknown): boolean {
  if (projected === undefined || !(error instanceof ReadModelConflictError)) return false
  const key = JSON.stringify(error.key)
  return !rows.some((row) => row.entity.tablePath === error.table && JSON.stringify(keyOf(row)) === key)
}

/** In a transaction with a fixed snapshot every new attempt would race in the same way. */
async function assertFreshSnapshots(database: Database, host: Host | undefined): Promise<void> {
  const isolation = await database.connect(host, (connection) =>
    connection.run(connection.statements.isolation()),
  )
  if (isolation === 'fresh') return
  throw new StorageError(
    'append',
    'Another writer appended to a stream of this commit, and the isolation level of your transaction hides its ' +
      'events. Nothing was written. Roll your transaction back and run it again.',
    true,
    'not-written',
  )
}

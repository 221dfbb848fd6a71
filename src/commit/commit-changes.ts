import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConcurrentWriteError, SourcedError, StorageError } from '../errors/index.js'
import { isExpected } from '../model/expected-version.js'
import type { AppendOutcome, StreamChange } from '../model/stored.js'
import type { Connection } from '../runner/connection.js'
import type { Database } from '../runner/database.js'
import { faultOf, isDatabaseVerdict } from '../runner/fault.js'
import type { Host } from '../runner/host.js'
import { asStorageError } from '../runner/storage-error.js'
import type { JoinedTransaction, TransactionEnd } from '../runner/transaction-hooks.js'
import type { Changes } from './changes.js'
import { settleLostCommit } from './settle-lost-commit.js'

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
  /** Another writer took a sequence between the check and the insert. */
  | { readonly kind: 'raced'; readonly joined: boolean }
  /** Nobody said what became of it: the connection broke, or the client gave up waiting. */
  | { readonly kind: 'lost'; readonly cause: unknown }

/** How many races in a host's transaction make it worth asking whether its snapshot is fixed. */
const RACES_BEFORE_ASKING = 5

/**
 * The one place that commits. Events alone travel in a single statement, which needs no transaction around it;
 * anything more makes it a transaction, and inside a host's transaction it is always a savepoint. There `whenJoined`
 * is asked what to do once the host's transaction has ended.
 */
export async function commitChanges(
  database: Database,
  host: Host | undefined,
  changes: Changes,
  whenJoined: (committed: Committed) => TransactionEnd,
): Promise<Committed> {
  const commitId = randomUUID()
  // Every attempt belongs to the transaction that was open when the commit was asked for.
  const joinedTo = database.joinedTransaction(host)
  for (let count = 1; ; count++) {
    const attempt = await attemptCommit(database, host, joinedTo, commitId, changes, whenJoined)
    if (attempt.kind === 'committed') return attempt
    if (attempt.kind === 'lost') return settle(database, commitId, changes, attempt)
    if (attempt.joined && count % RACES_BEFORE_ASKING === 0) await assertFreshSnapshots(database, host)
    // The key says that another writer was faster; the next attempt sees its events and judges by them.
    await sleep(Math.random() * Math.min(count, 20))
  }
}

async function attemptCommit(
  database: Database,
  host: Host | undefined,
  joinedTo: JoinedTransaction | undefined,
  commitId: string,
  changes: Changes,
  whenJoined: (committed: Committed) => TransactionEnd,
): Promise<Attempt> {
  try {
    return await database.connect(
      host,
      async (connection) => {
        await connection.open()
        try {
          return { kind: 'committed', ...(await write(connection, commitId, changes, whenJoined)) }
        } catch (error) {
          return await failedAttempt(connection, error)
        }
      },
      joinedTo,
    )
  } catch (error) {
    throw asStorageError('append', error)
  }
}

/** Tells what a failure means for the commit; throws it if the commit certainly failed. */
async function failedAttempt(connection: Connection, error: unknown): Promise<Attempt> {
  const fault = faultOf(error)
  const { joined } = connection
  const keyTaken = fault.kind === 'unique-violation' && fault.constraint === connection.statements.streamKey
  if (keyTaken || (fault.kind === 'serialization' && !joined)) return { kind: 'raced', joined }
  const known = error instanceof SourcedError || isDatabaseVerdict(error)
  if (connection.statements.lostCommits === undefined || known || !connection.mayHaveCommitted) throw error
  await connection.discard(error)
  return { kind: 'lost', cause: error }
}

async function write(
  connection: Connection,
  commitId: string,
  changes: Changes,
  whenJoined: (committed: Committed) => TransactionEnd,
): Promise<Committed> {
  const { joined } = connection
  const hasEvents = changes.streams.some(({ events }) => events.length > 0)
  // Versions that nothing is written upon need no lock; in a host's transaction its own writes may rest on them.
  if (!hasEvents && changes.snapshots.length === 0 && !joined) {
    return { commitId, outcome: await check(connection, changes.streams), joined }
  }
  if (!joined && (changes.snapshots.length === 0 || changes.streams.length === 0)) {
    return { commitId, outcome: await writeAll(connection, commitId, changes), joined }
  }
  return connection.atomically(async () => {
    const committed = { commitId, outcome: await writeAll(connection, commitId, changes), joined }
    if (joined) connection.whenEnded(whenJoined(committed))
    return committed
  })
}

async function writeAll(connection: Connection, commitId: string, changes: Changes): Promise<AppendOutcome> {
  const outcome = changes.streams.length === 0 ? NOTHING : await append(connection, commitId, changes.streams)
  if (changes.snapshots.length > 0)
    await connection.run(connection.statements.saveSnapshots(changes.snapshots))
  return outcome
}

async function append(
  connection: Connection,
  commitId: string,
  streams: readonly StreamChange[],
): Promise<AppendOutcome> {
  const outcome = await connection.run(connection.statements.append(commitId, streams, connection.floor))
  if (outcome.accepted) {
    connection.keepFloor(outcome.positions)
    return outcome
  }
  const checked = await check(connection, streams)
  // Refused, and yet everything is as expected by now: the stream came into being in between.
  return streams.some(({ events }) => events.length > 0) ? append(connection, commitId, streams) : checked
}

/** Throws for the first stream that is not where it was expected. */
async function check(connection: Connection, streams: readonly StreamChange[]): Promise<AppendOutcome> {
  const versions = await connection.run(connection.statements.streamVersions(streams))
  streams.forEach((stream, index) => {
    const actual = versions[index]!
    if (!isExpected(stream.expectedVersion, actual)) {
      throw new ConcurrentWriteError(stream, stream.expectedVersion, actual)
    }
  })
  return { ...NOTHING, versions }
}

const NOTHING: AppendOutcome = { accepted: true, versions: [], positions: [], recordedAt: undefined }

/** Says what became of a commit whose connection broke, by reading back; never writes again. */
async function settle(
  database: Database,
  commitId: string,
  changes: Changes,
  { cause }: Attempt & { readonly kind: 'lost' },
): Promise<Committed> {
  const found = await settleLostCommit(database, commitId, changes.streams)
  if (typeof found === 'object') return { commitId, outcome: found, joined: false }
  if (found === 'not-written') {
    const problem =
      'The connection broke, or an answer took too long. Reading back showed that nothing was written; try again.'
    throw new StorageError('append', problem, true, 'not-written', { cause })
  }
  throw new StorageError(
    'append',
    `The connection broke during the commit, and the database could not be asked what became of it within ` +
      `${database.options.lostCommitTimeoutMs} ms. Load the aggregate again: either all events of commit ${commitId} are there or none.`,
    false,
    'unknown',
    { cause },
  )
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

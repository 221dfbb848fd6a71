import { SourcedError } from '../errors/index.js'
import type { AppendOutcome } from '../model/stored.js'
import type { Connection } from '../runner/connection.js'
import type { Database } from '../runner/database.js'
import { faultOf, isDatabaseVerdict } from '../runner/fault.js'
import type { Extras, SharedCommit } from './changes.js'
import type { Send, Sent } from './commit-queue.js'
import { mark, PassingThrough, saveSnapshots, stage } from './write-changes.js'

/** Sends commits in one round trip, on a connection from the pool. */
export function sendCommits(database: Database): Send {
  return (commits) =>
    database.connectAnew(async (connection) => {
      try {
        return { kind: 'answered', outcomes: await send(connection, commits) }
      } catch (error) {
        return verdictOn(connection, error)
      }
    })
}

function send(connection: Connection, commits: readonly SharedCommit[]): Promise<readonly AppendOutcome[]> {
  const extras = commits.flatMap((commit) => commit.extras ?? [])
  if (extras.length === 0) return append(connection, commits, false)
  const write = (): Promise<readonly AppendOutcome[]> => writeAll(connection, commits, extras)
  return connection.canSendTogether ? write() : connection.atomically(write)
}

/** Some of the commits cannot be written, so that none of them was. */
class Refused extends PassingThrough {}

/** Commits with more than events: all of them or none, because statements that were sent together cannot leave one out. */
async function writeAll(
  connection: Connection,
  commits: readonly SharedCommit[],
  extras: readonly Extras[],
): Promise<readonly AppendOutcome[]> {
  const marks = extras.flatMap((each) => each.marks)
  const messages = extras.flatMap((each) => each.messages)
  const snapshots = extras.flatMap((each) => each.snapshots)
  const [, , outcomes] = await connection.together([
    () => giveUpSoon(connection, commits),
    () => mark(connection, marks, true),
    () => append(connection, commits, true),
    () => stage(connection, messages, true),
    () => saveSnapshots(connection, snapshots),
  ])
  if (!outcomes.every(({ accepted }) => accepted)) throw new Refused()
  return outcomes
}

/**
 * One commit may have to wait for a transaction that is open for long, and that may even wait for another commit of the
 * same statement: the statements give up before anybody notices, and their commits go one by one. Appends do by themselves.
 */
async function giveUpSoon(connection: Connection, commits: readonly SharedCommit[]): Promise<void> {
  const { impatience } = connection.statements
  if (commits.length > 1 && impatience !== undefined) await connection.run(impatience)
}

async function append(
  connection: Connection,
  commits: readonly SharedCommit[],
  orFail: boolean,
): Promise<readonly AppendOutcome[]> {
  const { statements } = connection
  const [first, second] = commits
  if (first === undefined || second !== undefined)
    return connection.run(statements.appendCommits(commits, orFail))
  return [await connection.run(statements.append(first.commitId, first.changes, connection.place(orFail)))]
}

async function verdictOn(connection: Connection, error: unknown): Promise<Sent> {
  const { kind } = faultOf(error)
  if (kind === 'stale-statement') throw error
  if (kind === 'unique-violation' || kind === 'gap' || kind === 'serialization') return { kind: 'raced' }
  const isRefusal = error instanceof SourcedError || error instanceof PassingThrough
  if (isRefusal || isDatabaseVerdict(error) || connection.statements.lostCommits === undefined)
    return { kind: 'refused' }
  if (!connection.mayHaveCommitted) throw error
  await connection.discard(error)
  return { kind: 'lost', cause: error }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { AppendOutcome, StreamChange } from '../model/stored.js'
import type { Changes } from './changes.js'
import type { Connection } from '../runner/connection.js'
import type { Database } from '../runner/database.js'
import { faultOf, isDatabaseVerdict } from '../runner/fault.js'
import type { Statement } from '../sql/statement.js'

/**
 * Finds out what became of a commit that was sent and not answered: waits until every commit that was under way
 * in the database at the first look has ended, then looks for events with the commit's id. The session itself
 * cannot be asked for, because a pooler in between hides which one it was. Gives `undefined` when the database
 * could not be asked in time.
 */
export async function settleLostCommit(
  database: Database,
  commitId: string,
  streams: readonly StreamChange[],
): Promise<AppendOutcome | 'not-written' | undefined> {
  const written = streams.filter(({ events }) => events.length > 0)
  let underWay: ReadonlySet<string> | undefined
  return askUntilAnswered(database, async (connection) => {
    const now = await commitsUnderWay(connection)
    underWay = new Set([...(underWay ?? now)].filter((commit) => now.has(commit)))
    return underWay.size === 0 ? find(connection, commitId, written) : undefined
  })
}

/**
 * The same for a commit without events. The server remembers how a transaction ended, but after a crash it can give the id
 * of a transaction that was lost to another one: only what the commit would have left behind shows that it was
 * written. Read-model rows show nothing, because others may change them.
 */
export async function settleLostTransaction(
  database: Database,
  transactionId: string,
  { marks, messages }: Pick<Changes, 'marks' | 'messages'>,
): Promise<'written' | 'not-written' | undefined> {
  const answer = await askUntilAnswered(database, async (connection) => {
    const { inbox, lostCommits } = connection.statements
    if (lostCommits === undefined) return 'unknown'
    const status = await statusOf(connection, lostCommits.transactionStatus(transactionId))
    if (status === 'in progress') return undefined
    if (status === 'aborted') return 'not-written'
    if (messages.length > 0 && lostCommits.findMessages !== undefined) {
      const ids = messages.map(({ messageId }) => messageId)
      return (await connection.run(lostCommits.findMessages(ids))) === ids.length ? 'written' : 'not-written'
    }
    if (marks.length > 0 && inbox !== undefined) {
      return (await connection.run(inbox.find(marks))).length === marks.length ? 'written' : 'not-written'
    }
    return 'unknown'
  })
  return answer === 'unknown' ? undefined : answer
}

/** The server refuses ids that it has not given out: after a crash, one of a transaction that was lost. */
async function statusOf(
  connection: Connection,
  statement: Statement<string | undefined>,
): Promise<string | undefined> {
  try {
    return await connection.run(statement)
  } catch (error) {
    if (isDatabaseVerdict(error) && faultOf(error).kind === 'other') return 'aborted'
    throw error
  }
}

async function askUntilAnswered<Answer>(
  database: Database,
  ask: (connection: Connection) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const deadline = Date.now() + database.options.lostCommitTimeoutMs
  for (let pause = 20; Date.now() < deadline; pause = Math.min(pause * 2, 500)) {
    try {
      const answer = await database.connectAnew(ask)
      if (answer !== undefined) return answer
    } catch {
      // The server is not back yet; the deadline decides when to give up.
    }
    await sleep(pause)
  }
  return undefined
}

async function commitsUnderWay(connection: Connection): Promise<ReadonlySet<string>> {
  const { lostCommits } = connection.statements
  return lostCommits === undefined ? new Set() : connection.run(lostCommits.underWay())
}

async function find(
  connection: Connection,
  commitId: string,
  written: readonly StreamChange[],
): Promise<AppendOutcome | 'not-written' | undefined> {
  const { lostCommits } = connection.statements
  return lostCommits && ((await connection.run(lostCommits.find(commitId, written))) ?? 'not-written')
}

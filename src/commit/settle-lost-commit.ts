import { setTimeout as sleep } from 'node:timers/promises'
import type { AppendOutcome, StreamChange } from '../model/stored.js'
import type { Connection } from '../runner/connection.js'
import type { Database } from '../runner/database.js'

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
  const deadline = Date.now() + database.options.lostCommitTimeoutMs
  const written = streams.filter(({ events }) => events.length > 0)
  let underWay: ReadonlySet<string> | undefined
  for (let pause = 20; Date.now() < deadline; pause = Math.min(pause * 2, 500)) {
    try {
      const found = await database.connectAnew(async (connection) => {
        const now = await commitsUnderWay(connection)
        underWay = new Set([...(underWay ?? now)].filter((commit) => now.has(commit)))
        return underWay.size === 0 ? find(connection, commitId, written) : undefined
      })
      if (found !== undefined) return found
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

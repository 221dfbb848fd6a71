import { setTimeout as sleep } from 'node:timers/promises'
import type { AppendOutcome, StreamChange } from '../model/stored.js'
import type { Database } from '../runner/database.js'

/**
 * Finds out what became of a commit whose connection broke while the database was working on it: waits until
 * the old session has ended, then looks for events with the commit's id. Gives `undefined` when the database
 * could not be asked in time.
 */
export async function settleLostCommit(
  database: Database,
  commitId: string,
  streams: readonly StreamChange[],
  session: number | undefined,
): Promise<AppendOutcome | 'not-written' | undefined> {
  const deadline = Date.now() + database.options.lostCommitTimeoutMs
  const written = streams.filter(({ events }) => events.length > 0)
  for (let pause = 20; Date.now() < deadline; pause = Math.min(pause * 2, 500)) {
    const found = await look(database, commitId, written, session)
    if (found !== undefined) return found
    await sleep(pause)
  }
  return undefined
}

async function look(
  database: Database,
  commitId: string,
  written: readonly StreamChange[],
  session: number | undefined,
): Promise<AppendOutcome | 'not-written' | undefined> {
  try {
    return await database.connectAnew(async (connection) => {
      const { lostCommits } = connection.statements
      if (lostCommits === undefined) return undefined
      if (session !== undefined && (await connection.run(lostCommits.sessionIsBusy(session))))
        return undefined
      return (await connection.run(lostCommits.find(commitId, written))) ?? 'not-written'
    })
  } catch {
    // The server is not back yet; the caller's deadline decides when to give up.
    return undefined
  }
}

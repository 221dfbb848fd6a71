import type { StreamCommit } from '../model/stored.js'
import type { Connection } from '../runner/connection.js'
import type { Database } from '../runner/database.js'
import { faultOf, isDatabaseVerdict } from '../runner/fault.js'
import type { Send, Sent } from './commit-queue.js'

/** Sends commits of events alone in one statement, on a connection from the pool. */
export function sendCommits(database: Database): Send {
  return (commits) =>
    database.connectAnew(async (connection) => {
      await connection.open()
      // Nothing could keep them from waiting without end.
      const isPatient = connection.statements.impatience !== undefined && !connection.canSendTogether
      if (isPatient && commits.length > 1) return { kind: 'refused' }
      try {
        return { kind: 'answered', outcomes: await append(connection, commits) }
      } catch (error) {
        return verdictOn(connection, error)
      }
    })
}

async function append(
  connection: Connection,
  commits: readonly StreamCommit[],
): ReturnType<typeof runTogether> {
  const [first, second] = commits
  if (first === undefined || second !== undefined) return runTogether(connection, commits)
  return [
    await connection.run(
      connection.statements.append(first.commitId, first.changes, connection.place(false)),
    ),
  ]
}

/**
 * One commit may have to wait for a transaction that is open for long, and that may even wait for another commit of the
 * same statement: the statement gives up before anybody notices, and its commits go one by one.
 */
async function runTogether(connection: Connection, commits: readonly StreamCommit[]) {
  const { impatience } = connection.statements
  const statement = connection.statements.appendCommits(commits)
  if (impatience === undefined) return connection.run(statement)
  const [, outcomes] = await connection.together([
    () => connection.run(impatience),
    () => connection.run(statement),
  ])
  return outcomes
}

async function verdictOn(connection: Connection, error: unknown): Promise<Sent> {
  const { kind } = faultOf(error)
  if (kind === 'stale-statement') throw error
  if (kind === 'unique-violation' || kind === 'gap' || kind === 'serialization') return { kind: 'raced' }
  if (isDatabaseVerdict(error) || connection.statements.lostCommits === undefined) return { kind: 'refused' }
  if (!connection.mayHaveCommitted) throw error
  await connection.discard(error)
  return { kind: 'lost', cause: error }
}

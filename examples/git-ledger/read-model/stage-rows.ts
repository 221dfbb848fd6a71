import type { UnitOfWork } from '../../../src/index.js'
import { sumOf } from '../git/history.js'
import type { GitCommit } from '../git/history.js'
import type { GitContributor } from '../ledger/contributor.js'
import type { GitFile } from '../ledger/file.js'
import { CommitRow } from './commit-row.js'
import { ContributorRow } from './contributor-row.js'
import { DayRow } from './day-row.js'
import { FileRow } from './file-row.js'

/** What one git commit has changed in a ledger: the aggregates are as they are after it. */
export interface Recorded {
  readonly ledger: string
  readonly commit: GitCommit
  readonly files: Iterable<GitFile>
  readonly contributor: GitContributor
}

/** Stages the rows of a git commit beside its events, so that both are written together. */
export async function stageRows(work: UnitOfWork, recorded: Recorded): Promise<void> {
  const { ledger, commit, files, contributor } = recorded
  for (const file of files) {
    const { aggregateId: id, path, exists: present, changes, binaryChanges, added, removed } = file
    work.upsert(FileRow, { ledger, id, path, present, changes, binaryChanges, added, removed })
  }
  const { aggregateId: id, author, commits, changes, added, removed } = contributor
  work.upsert(ContributorRow, { ledger, id, author, commits, changes, added, removed })
  const { hash, day } = commit
  work.insert(CommitRow, { ledger, hash, contributor: id, day, ...sumOf(commit) })
  await raiseDay(work, recorded)
}

async function raiseDay(work: UnitOfWork, { ledger, commit }: Recorded): Promise<void> {
  const { day } = commit
  const row = await work.find(DayRow, { ledger, day })
  const { changes, added, removed } = sumOf(commit)
  if (row === undefined) {
    work.insert(DayRow, { ledger, day, commits: 1, changes, added, removed })
    return
  }
  row.commits += 1
  row.changes += changes
  row.added += added
  row.removed += removed
  work.sync(row)
}

import { tally } from '../totals.js'
import type { ContributorTotals, FileTotals, Totals } from '../totals.js'
import { NUMSTAT, readNumstat } from './history.js'
import type { Repository } from './repository.js'
import { gitRecords } from './run-git.js'
import { textOf } from './text.js'

/** git's own numbers of everything that `tip` can reach: `git shortlog -sne` and the sums of `git log --numstat`. */
export async function gitTotals({ directory }: Repository, tip: string): Promise<Totals> {
  const files = new Map<string, FileTotals>()
  const contributors = new Map<string, ContributorTotals>()
  for await (const line of gitRecords(directory, ['shortlog', '-sne', tip, '--'], '\n')) {
    const tab = line.indexOf('\t')
    const commits = Number(line.toString('latin1', 0, tab))
    tally(contributors, textOf(line.subarray(tab + 1)), { commits, changes: 0, added: 0, removed: 0 })
  }
  const records = gitRecords(directory, ['log', ...NUMSTAT, '--format=by %aN <%aE>', tip, '--'], '\0')
  const next = async (): Promise<Buffer> => (await records.next()).value ?? Buffer.alloc(0)
  let author = ''
  for await (const record of records) {
    if (record.toString('latin1', 0, 3) === 'by ') author = textOf(record.subarray(3))
    else if (record.length > 0) {
      const { path, added, removed } = await readNumstat(record, next)
      tally(files, path, { changes: 1, added, removed })
      tally(contributors, author, { commits: 0, changes: 1, added, removed })
    }
  }
  return { files, contributors }
}

/**
 * Each author of the history, as the commits spell it, with the name and email that the repository's .mailmap gives
 * it today.
 */
export async function currentNames({ directory }: Repository, tip: string): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  const records = gitRecords(directory, ['log', '-z', '--format=%an <%ae>%x00%aN <%aE>', tip, '--'], '\0')
  for await (const record of records) {
    const { value } = await records.next()
    if (value !== undefined) names.set(textOf(record), textOf(value))
  }
  return names
}

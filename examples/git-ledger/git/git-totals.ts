import { tally } from '../totals.js'
import type { CommitTotals, FileTotals, Totals } from '../totals.js'
import { NUMSTAT, readNumstat } from './history.js'
import type { Repository } from './repository.js'
import { gitRecords } from './run-git.js'
import { textOf } from './text.js'

/** git's own numbers of everything that HEAD can reach: `git shortlog -sne` and the sums of `git log --numstat`. */
export async function gitTotals({ directory, head }: Repository): Promise<Totals> {
  const files = new Map<string, FileTotals>()
  const contributors = new Map<string, CommitTotals>()
  const days = new Map<string, CommitTotals>()
  for await (const line of gitRecords(directory, ['shortlog', '-sne', head, '--'], '\n')) {
    const tab = line.indexOf('\t')
    const commits = Number(line.toString('latin1', 0, tab))
    tally(contributors, textOf(line.subarray(tab + 1)), { commits, changes: 0, added: 0, removed: 0 })
  }
  const records = gitRecords(directory, ['log', ...NUMSTAT, '--format=on %as%x00%aN <%aE>', head, '--'], '\0')
  const next = async (): Promise<Buffer> => (await records.next()).value ?? Buffer.alloc(0)
  let [commits, day, author] = [0, '', '']
  for await (const record of records) {
    if (record.toString('latin1', 0, 3) === 'on ') {
      ;[day, author] = [record.toString('latin1', 3), textOf(await next())]
      commits += 1
      tally(days, day, { commits: 1, changes: 0, added: 0, removed: 0 })
    } else if (record.length > 0) {
      const { path, added, removed } = await readNumstat(record, next)
      tally(files, path, { changes: 1, added, removed })
      for (const [totals, name] of [
        [contributors, author],
        [days, day],
      ] as const)
        tally(totals, name, { commits: 0, changes: 1, added, removed })
    }
  }
  return { commits, files, contributors, days }
}

/**
 * Each author of the history, as the commits spell it, with the name and email that the repository's .mailmap gives
 * it today.
 */
export async function currentNames({ directory, head }: Repository): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  const records = gitRecords(directory, ['log', '-z', '--format=%an <%ae>%x00%aN <%aE>', head, '--'], '\0')
  for await (const record of records) {
    const { value } = await records.next()
    if (value !== undefined) names.set(textOf(record), textOf(value))
  }
  return names
}

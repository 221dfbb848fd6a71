import { MoreThan } from 'typeorm'
import type { DataSource } from 'typeorm'
import { tally } from '../totals.js'
import type { CommitTotals, Totals } from '../totals.js'
import { CommitRow } from './commit-row.js'
import { ContributorRow } from './contributor-row.js'
import { DayRow } from './day-row.js'
import { FileRow } from './file-row.js'

/**
 * The numbers of a ledger, the busiest first, from its read models alone. Contributors are grouped by the names
 * they have today: the ledger keeps what the commits say, so a .mailmap can change afterwards.
 */
export async function ledgerTotals(
  dataSource: DataSource,
  ledger: string,
  currentNames: ReadonlyMap<string, string>,
): Promise<Totals> {
  const files = await dataSource.getRepository(FileRow).find({
    // A path of which only a rename away is known: it came into being in a merge, where git shows no numbers.
    where: { ledger, changes: MoreThan(0) },
    order: { changes: 'DESC', path: 'ASC' },
  })
  const days = await dataSource
    .getRepository(DayRow)
    .find({ where: { ledger }, order: { commits: 'DESC', day: 'DESC' } })
  const contributors = new Map<string, CommitTotals>()
  for (const row of await dataSource.getRepository(ContributorRow).findBy({ ledger }))
    tally(contributors, currentNames.get(row.author) ?? row.author, numbersOf(row))
  return {
    commits: await dataSource.getRepository(CommitRow).countBy({ ledger }),
    files: new Map(files.map(({ path, changes, added, removed }) => [path, { changes, added, removed }])),
    contributors: new Map(
      [...contributors].sort(([a, x], [b, y]) => y.commits - x.commits || (a < b ? -1 : 1)),
    ),
    days: new Map(days.map((row) => [row.day, numbersOf(row)])),
  }
}

function numbersOf({ commits, changes, added, removed }: CommitTotals): CommitTotals {
  return { commits, changes, added, removed }
}

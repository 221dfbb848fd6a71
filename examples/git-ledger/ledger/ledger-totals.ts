import type { AggregateRepository, EventStore } from '../../../src/index.js'
import { tally } from '../totals.js'
import type { ContributorTotals, FileTotals, Totals } from '../totals.js'
import { GitContributor } from './contributor.js'
import { GitFile } from './file.js'
import { isOf } from './ids.js'

const LOADED_AT_ONCE = 500

/**
 * Loads every file and contributor of a ledger and adds up their numbers. Contributors are grouped by the names
 * they have today: the ledger keeps what the commits say, so a .mailmap can change afterwards.
 */
export async function ledgerTotals(
  store: EventStore,
  ledger: string,
  currentNames: ReadonlyMap<string, string>,
): Promise<Totals> {
  const files = new Map<string, FileTotals>()
  const contributors = new Map<string, ContributorTotals>()
  for await (const { path, changes, added, removed } of loadAll(store.repository(GitFile), ledger)) {
    // A path of which only a rename away is known: it came into being in a merge, where git shows no numbers.
    if (changes > 0) files.set(path, { changes, added, removed })
  }
  for await (const contributor of loadAll(store.repository(GitContributor), ledger)) {
    const { author, commits, changes, added, removed } = contributor
    tally(contributors, currentNames.get(author) ?? author, { commits, changes, added, removed })
  }
  return { files, contributors }
}

async function* loadAll<A extends object>(
  repository: AggregateRepository<A>,
  ledger: string,
): AsyncGenerator<A, void, undefined> {
  let ids: string[] = []
  for await (const id of repository.listIds()) {
    if (!isOf(ledger, id)) continue
    ids.push(id)
    if (ids.length < LOADED_AT_ONCE) continue
    yield* await repository.loadMany(ids)
    ids = []
  }
  yield* await repository.loadMany(ids)
}

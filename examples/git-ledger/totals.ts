export interface FileTotals {
  readonly changes: number
  readonly added: number
  readonly removed: number
}

/** Of a contributor, or of a day. */
export interface CommitTotals extends FileTotals {
  readonly commits: number
}

/** The numbers that the ledger and git have to agree on. Those of the ledger come busiest first. */
export interface Totals {
  readonly commits: number
  /** By path. */
  readonly files: ReadonlyMap<string, FileTotals>
  /** By name and email, as `git shortlog -sne` prints them. */
  readonly contributors: ReadonlyMap<string, CommitTotals>
  /** By `2024-02-29`, the author's day. */
  readonly days: ReadonlyMap<string, CommitTotals>
}

/** Says in which numbers the two differ; empty if they agree. */
export function differences(ledger: Totals, git: Totals): string[] {
  const commits = `commits: the ledger says ${ledger.commits}, git says ${git.commits}`
  return [
    ...(ledger.commits === git.commits ? [] : [commits]),
    ...(['contributors', 'days', 'files'] as const).flatMap((kind) => differing(ledger[kind], git[kind])),
  ]
}

function differing<T extends FileTotals>(
  ledger: ReadonlyMap<string, T>,
  git: ReadonlyMap<string, T>,
): string[] {
  return [...new Set([...ledger.keys(), ...git.keys()])].flatMap((name) => {
    const [ours, theirs] = [describe(ledger.get(name)), describe(git.get(name))]
    return ours === theirs ? [] : [`${name}: the ledger says ${ours}, git says ${theirs}`]
  })
}

function describe(totals: Partial<CommitTotals> | undefined): string {
  if (totals === undefined) return 'nothing'
  const commits = totals.commits === undefined ? '' : `${totals.commits} commits, `
  return `${commits}${totals.changes} changes, +${totals.added}, -${totals.removed}`
}

/** Adds numbers to the entry of a map that is being filled. */
export function tally<T extends Readonly<Record<keyof T, number>>>(
  map: Map<string, T>,
  name: string,
  more: T,
): void {
  const before = map.get(name)
  if (before === undefined) map.set(name, more)
  else {
    const sums = Object.entries<number>(more).map(([field, number]) => [
      field,
      number + before[field as keyof T],
    ])
    map.set(name, Object.fromEntries(sums) as T)
  }
}

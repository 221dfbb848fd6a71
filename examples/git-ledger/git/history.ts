import type { Repository } from './repository.js'
import { gitRecords } from './run-git.js'
import { textOf } from './text.js'

/** The commits that `tip` can reach and `base` can not. */
export interface Range {
  readonly tip: string
  readonly base: string | undefined
}

/** One line of `git log --numstat`. */
export interface GitChange {
  readonly kind: 'added' | 'changed' | 'renamed' | 'deleted'
  readonly path: string
  /** The old path of a file that was renamed. */
  readonly from: string | undefined
  readonly added: number
  readonly removed: number
  /** git counts no lines in binary files. */
  readonly binary: boolean
}

export interface GitCommit {
  readonly hash: string
  /** As the commit spells it: `Name <email>`. */
  readonly author: string
  readonly changes: readonly GitChange[]
}

/** What every reader of numbers asks of git log, beside the settings pinned in `gitRecords`. */
export const NUMSTAT = ['-z', '--numstat', '--no-ext-diff', '--no-textconv'] as const

/** The hashes of a range, parents before their children, always in the same order. */
export async function* listHashes(
  { directory }: Repository,
  range: Range,
): AsyncGenerator<string, void, undefined> {
  const args = ['rev-list', '--reverse', '--topo-order', ...revisions(range)]
  for await (const line of gitRecords(directory, args, '\n')) yield line.toString()
}

/** The last `count` commits of a range, in the order of `listHashes`. Reads them as they are asked for. */
export async function* readCommits(
  { directory }: Repository,
  range: Range,
  count: number,
): AsyncGenerator<GitCommit, void, undefined> {
  // Counted from the tip, so that git computes no differences of commits that are not wanted any more.
  const order = ['--reverse', '--topo-order', `--max-count=${count}`]
  const args = ['log', ...order, '--raw', ...NUMSTAT, '--format=commit %H%x00%an <%ae>', ...revisions(range)]
  const records = gitRecords(directory, args, '\0')
  const next = async (): Promise<Buffer> => (await records.next()).value ?? Buffer.alloc(0)
  let commit:
    { hash: string; author: string; kinds: Map<string, GitChange['kind']>; changes: GitChange[] } | undefined
  for await (const record of records) {
    const line = record.toString('latin1').trimStart()
    if (line.startsWith('commit ')) {
      if (commit !== undefined) yield commit
      commit = { hash: line.slice(7), author: textOf(await next()), kinds: new Map(), changes: [] }
    } else if (line.startsWith(':')) {
      const status = line.split(' ')[4] ?? ''
      if (/^[RC]/.test(status)) await next()
      commit?.kinds.set(textOf(await next()), KINDS[status.charAt(0)] ?? 'changed')
    } else if (line !== '') {
      const { from, path, ...lines } = await readNumstat(record, next)
      const kind = commit?.kinds.get(path) ?? 'changed'
      commit?.changes.push({ ...lines, path, kind, from: kind === 'renamed' ? from : undefined })
    }
  }
  if (commit !== undefined) yield commit
}

/** git's letters; a copy is a new file, and a file that became a link (T) is a changed one. */
const KINDS: Readonly<Record<string, GitChange['kind']>> = {
  A: 'added',
  C: 'added',
  D: 'deleted',
  R: 'renamed',
}

/** Reads `added⇥removed⇥path`, or with an empty path the old and the new one from the records that follow. */
export async function readNumstat(
  record: Buffer,
  next: () => Promise<Buffer>,
): Promise<Omit<GitChange, 'kind'>> {
  const first = record.indexOf('\t')
  const second = record.indexOf('\t', first + 1)
  const added = record.toString('latin1', 0, first).trim()
  const removed = record.toString('latin1', first + 1, second)
  const binary = added === '-'
  const lines = { binary, added: binary ? 0 : Number(added), removed: binary ? 0 : Number(removed) }
  const path = record.subarray(second + 1)
  if (path.length > 0) return { ...lines, path: textOf(path), from: undefined }
  const from = textOf(await next())
  return { ...lines, path: textOf(await next()), from }
}

function revisions({ tip, base }: Range): string[] {
  return [tip, ...(base === undefined ? [] : [`^${base}`]), '--']
}

import type { Repository } from './repository.js'
import { gitRecords } from './run-git.js'
import { textOf } from './text.js'

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
  /** When it was authored, by the author's own clock: `2024-02-29`. */
  readonly day: string
  readonly changes: readonly GitChange[]
}

/** What every reader of numbers asks of git log, beside the settings pinned in `gitRecords`. */
export const NUMSTAT = ['-z', '--numstat', '--no-ext-diff', '--no-textconv'] as const

/** Every commit that HEAD can reach, parents before their children, always in the same order. */
export async function* listHashes({ directory, head }: Repository): AsyncGenerator<string, void, undefined> {
  const args = ['rev-list', '--reverse', '--topo-order', head, '--']
  for await (const line of gitRecords(directory, args, '\n')) yield line.toString()
}

/** The commits with these hashes, in this order. Reads them as they are asked for. */
export async function* readCommits(
  { directory }: Repository,
  hashes: readonly string[],
): AsyncGenerator<GitCommit, void, undefined> {
  // Without any, git would take HEAD.
  if (hashes.length === 0) return
  const format = '--format=commit %H%x00%as%x00%an <%ae>'
  const args = ['log', '--stdin', '--no-walk=unsorted', '--raw', ...NUMSTAT, format]
  const records = gitRecords(directory, args, '\0', hashes.join('\n'))
  const next = async (): Promise<Buffer> => (await records.next()).value ?? Buffer.alloc(0)
  let commit:
    | (GitCommit & { readonly kinds: Map<string, GitChange['kind']>; readonly changes: GitChange[] })
    | undefined
  for await (const record of records) {
    const line = record.toString('latin1').trimStart()
    if (line.startsWith('commit ')) {
      if (commit !== undefined) yield commit
      const day = (await next()).toString('latin1')
      commit = { hash: line.slice(7), day, author: textOf(await next()), kinds: new Map(), changes: [] }
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

/** The changes of a commit, added up. */
export function sumOf({ changes }: GitCommit): {
  readonly changes: number
  readonly added: number
  readonly removed: number
} {
  const sum = (field: 'added' | 'removed'): number => changes.reduce((all, change) => all + change[field], 0)
  return { changes: changes.length, added: sum('added'), removed: sum('removed') }
}

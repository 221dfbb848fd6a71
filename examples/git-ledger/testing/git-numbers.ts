import { execFileSync } from 'node:child_process'
import { textOf } from '../git/text.js'

const MAX_BUFFER = 1 << 30

/** git's numbers, asked as its user would ask: read again here, without the code of the ledger. */
export function gitNumbers(
  directory: string,
): Record<'commits' | 'days' | 'files' | 'authors', Record<string, string>> {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', directory, ...args], {
      encoding: 'latin1',
      maxBuffer: MAX_BUFFER,
      env: process.env,
    })
  const commits = git('shortlog', '-sne', 'HEAD').split('\n').filter(Boolean)
  const days = new Map<string, number>()
  for (const day of git('log', '--format=%ad', '--date=short', 'HEAD').split('\n').filter(Boolean))
    days.set(day, (days.get(day) ?? 0) + 1)
  const tokens = git('log', '--numstat', '-z', '--format=author %aN <%aE>', 'HEAD').split('\0')
  const [files, authors] = [new Map<string, number[]>(), new Map<string, number[]>()]
  let author = ''
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!.replace(/^\n/, '')
    const [, added, removed, path] = /^(\d+|-)\t(\d+|-)\t([^]*)$/.exec(token) ?? []
    if (path === undefined) author = token.startsWith('author ') ? token.slice(7) : author
    else {
      const lines = [1, Number(added) || 0, Number(removed) || 0]
      add(authors, author, lines)
      add(files, path === '' ? tokens[(at += 2)]! : path, lines)
    }
  }
  return {
    commits: Object.fromEntries(
      commits.map((line) => [readable(line.replace(/^ *\d+\t/, '')), line.trim().split('\t')[0]!]),
    ),
    days: Object.fromEntries([...days].map(([day, count]) => [day, String(count)])),
    files: flat(files),
    authors: flat(authors),
  }
}

/** The sums of the first two columns of `git log --numstat`. */
export function gitLineSums(directory: string): { readonly added: number; readonly removed: number } {
  const log = execFileSync('git', ['-C', directory, 'log', '--numstat', '--format='], {
    encoding: 'latin1',
    maxBuffer: MAX_BUFFER,
    env: process.env,
  })
  let [added, removed] = [0, 0]
  for (const [, plus, minus] of log.matchAll(/^(\d+)\t(\d+)\t/gm)) {
    added += Number(plus)
    removed += Number(minus)
  }
  return { added, removed }
}

function add(map: Map<string, number[]>, name: string, more: readonly number[]): void {
  map.set(
    name,
    (map.get(name) ?? [0, 0, 0]).map((number, index) => number + more[index]!),
  )
}

function flat(map: ReadonlyMap<string, readonly number[]>): Record<string, string> {
  return Object.fromEntries(
    [...map].map(([name, [changes, added, removed]]) => [readable(name), `${changes} +${added} -${removed}`]),
  )
}

function readable(bytes: string): string {
  return textOf(Buffer.from(bytes, 'latin1'))
}

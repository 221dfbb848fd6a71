import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A commit for `git fast-import`, which can build what a work tree cannot hold. Texts are bytes, one a character. */
export interface BuiltCommit {
  readonly author?: string
  /** When, as git stores it: `1700000000 +0100`. */
  readonly authored?: string
  /** The encoding that the commit claims to be written in. */
  readonly encoding?: string
  /** Places in the list of commits, from 0; left out, the commit before. */
  readonly parents?: readonly number[]
  /** Content by path; `null` deletes, a pair gives the mode too. */
  readonly files?: Readonly<Record<string, string | null | readonly [mode: string, content: string]>>
}

/** git for the tests: nobody's configuration, the same author everywhere. Jest keeps changes of process.env to itself. */
const env = Object.assign(process.env, {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Test Author',
  GIT_AUTHOR_EMAIL: 'author@example.com',
  GIT_COMMITTER_NAME: 'Test Committer',
  GIT_COMMITTER_EMAIL: 'committer@example.com',
})

/** Text as the bytes that git stores. */
export function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** A repository in a temporary folder. */
export class TestRepository {
  readonly directory = mkdtempSync(join(tmpdir(), 'git-ledger-'))

  constructor() {
    this.git('init', '--quiet', '--initial-branch=main')
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-C', this.directory, ...args], { env, encoding: 'latin1', stdio: 'pipe' })
  }

  /** Appends to what was built before, if `onto` names a commit to begin with. */
  build(commits: readonly BuiltCommit[], onto?: string): void {
    const stream = commits.map((commit, index) => fastImport(commit, index, onto)).join('')
    const input = Buffer.from(`${stream}done\n`, 'latin1')
    execFileSync('git', ['-C', this.directory, 'fast-import', '--quiet', '--done', '--force'], {
      env,
      input,
      stdio: 'pipe',
    })
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(join(this.directory, path)), { recursive: true })
    writeFileSync(join(this.directory, path), content)
  }

  commit(message: string): void {
    this.git('add', '--all')
    this.git('commit', '--quiet', '--allow-empty', `--message=${message}`)
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

function fastImport(
  { author = 'Ann <ann@example.com>', authored, encoding, parents, files = {} }: BuiltCommit,
  index: number,
  onto: string | undefined,
): string {
  const time = `${1_700_000_000 + index * 60} +0000`
  const [first, ...merged] = parents ?? (index === 0 ? [] : [index - 1])
  const base = first === undefined ? onto : `:${first + 1}`
  // Without this a commit without parents would continue the branch.
  const reset = base === undefined ? 'reset refs/heads/main\n' : ''
  return [
    `${reset}commit refs/heads/main\nmark :${index + 1}\n`,
    `author ${author} ${authored ?? time}\ncommitter Committer <committer@example.com> ${time}\n`,
    encoding === undefined ? '' : `encoding ${encoding}\n`,
    'data 0\n',
    base === undefined ? '' : `from ${base}\n`,
    ...merged.map((parent) => `merge :${parent + 1}\n`),
    ...Object.entries(files).map(([path, content]) => fileCommand(path, content)),
    '\n',
  ].join('')
}

function fileCommand(path: string, file: string | null | readonly [mode: string, content: string]): string {
  const quoted = `"${[...Buffer.from(path, 'latin1')].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`
  if (file === null) return `D ${quoted}\n`
  const [mode, content] = typeof file === 'string' ? ['100644', file] : file
  if (mode === '160000') return `M 160000 ${content} ${quoted}\n`
  return `M ${mode} inline ${quoted}\ndata ${content.length}\n${content}\n`
}

import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { Problem } from '../problem.js'

/**
 * Settings that would change git's numbers or their spelling, at git's own defaults whatever the user configured.
 * What a repository says about its own files (.gitattributes, .gitmodules, .mailmap) stays in force.
 */
const PINNED = {
  'i18n.logOutputEncoding': 'UTF-8',
  'color.ui': 'false',
  'diff.algorithm': 'default',
  'diff.ignoreSubmodules': 'none',
  'diff.relative': 'false',
  'diff.renameLimit': '1000',
  'diff.renames': 'true',
  'log.showRoot': 'true',
  'log.showSignature': 'false',
}

/** Set while git runs a hook, they would lead to another repository than the one asked for. */
const MISLEADING = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_PREFIX',
  'GIT_NAMESPACE',
  'GIT_DIFF_OPTS',
]

/** git ended with an error; the message is git's own. */
export class GitError extends Error {}

/**
 * Runs git in a directory and yields what it prints, one record at a time, however much it prints. Leaving the
 * loop early ends git. Throws `GitError` if git fails, and `Problem` if there is no git. `input` is what git reads.
 */
export async function* gitRecords(
  directory: string,
  args: readonly string[],
  separator: '\0' | '\n',
  input = '',
): AsyncGenerator<Buffer, void, undefined> {
  const child = start(directory, args)
  const failure = failureOf(child)
  // A git that ends early does not read the rest; why it ended is its own to say.
  child.stdin.on('error', () => undefined).end(input)
  try {
    let rest: Buffer = Buffer.alloc(0)
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      let from = 0
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      for (let end; (end = bytes.indexOf(separator, from)) >= 0; from = end + 1)
        yield bytes.subarray(from, end)
      rest = bytes.subarray(from)
    }
    if (rest.length > 0) yield rest
  } catch (error) {
    throw (await failure) ?? error
  } finally {
    child.kill()
  }
  const error = await failure
  if (error !== undefined) throw error
}

/** What git prints as one text, without the newline at its end. For short answers. */
export async function gitText(directory: string, args: readonly string[]): Promise<string> {
  const lines: string[] = []
  for await (const line of gitRecords(directory, args, '\n')) lines.push(line.toString())
  return lines.join('\n')
}

function start(
  directory: string,
  args: readonly string[],
): ChildProcessByStdio<Writable, Readable, Readable> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !MISLEADING.includes(name)))
  const settings = Object.entries(PINNED).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // A process group of its own: Ctrl-C must not cut git's output off in the middle of a commit.
  const options = { env, detached: true, windowsHide: true }
  return spawn('git', ['-C', directory, ...settings, ...args], {
    ...options,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Settles when git has ended: with the reason if it failed. */
function failureOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<Error | undefined> {
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2_000)))
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ENOENT' ? new Problem('git was not found. Install git and try again.') : error),
    )
    child.once('close', (code, signal) => {
      const ending = signal === null ? `git ended with code ${code}` : `git was ended by ${signal}`
      resolve(code === 0 ? undefined : new GitError(complaint.trim().split('\n').at(-1) || ending))
    })
  })
}

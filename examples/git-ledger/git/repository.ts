import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { Problem } from '../problem.js'
import { GitError, gitText } from './run-git.js'

/** A git repository and the commit that its HEAD names right now. */
export interface Repository {
  readonly directory: string
  readonly name: string
  /** The same on every run, and different from that of every other repository on this machine. */
  readonly key: string
  readonly head: string
}

/** Finds the repository that a directory belongs to. Throws `Problem` if there is none with commits. */
export async function openRepository(directory: string): Promise<Repository> {
  const gitDir = await asking(
    directory,
    ['rev-parse', '--absolute-git-dir'],
    'is not in a readable git repository',
  )
  const head = await asking(directory, ['rev-parse', '--verify', 'HEAD^{commit}'], 'has no commits yet')
  const name = basename(gitDir) === '.git' ? basename(dirname(gitDir)) : basename(gitDir, '.git')
  const key = createHash('sha256').update(gitDir).digest('hex').slice(0, 12)
  return { directory, name, key, head }
}

/** Whether a commit is still part of the history that `descendant` ends. */
export async function isAncestor(
  { directory }: Repository,
  commit: string,
  descendant: string,
): Promise<boolean> {
  try {
    await gitText(directory, ['merge-base', '--is-ancestor', commit, descendant])
    return true
  } catch (error) {
    if (error instanceof GitError) return false
    throw error
  }
}

async function asking(directory: string, args: readonly string[], otherwise: string): Promise<string> {
  try {
    return await gitText(directory, args)
  } catch (error) {
    if (error instanceof GitError)
      throw new Problem(`'${directory}' ${otherwise}. git says: ${error.message}`)
    throw error
  }
}

import { Aggregate, AggregateRoot, Records } from '../../../src/index.js'
import type { GitChange } from '../git/history.js'

/** What one git commit did to the lines of one file. */
export interface FileChange {
  readonly path: string
  readonly added: number
  readonly removed: number
  /** git counts no lines in it. */
  readonly binary: boolean
}

/**
 * Everything that ever happened at one path. The commits of a git history form a graph and arrive here one after
 * the other: a file may be added twice, on two branches, or be changed after it was deleted on another. So no
 * event is refused.
 */
@Aggregate('git-file', { snapshots: { every: 200 } })
export class GitFile extends AggregateRoot {
  path = ''
  exists = false
  changes = 0
  binaryChanges = 0
  added = 0
  removed = 0

  @Records('file-added')
  add(e: FileChange): void {
    this.exists = true
    this.count(e)
  }

  @Records('file-changed')
  change(e: FileChange): void {
    this.exists = true
    this.count(e)
  }

  @Records('file-deleted')
  delete(e: FileChange): void {
    this.exists = false
    this.count(e)
  }

  /** git counts the lines of a rename at the new path. */
  @Records('file-renamed-from')
  renameFrom(e: FileChange & { readonly from: string }): void {
    this.exists = true
    this.count(e)
  }

  @Records('file-renamed-to')
  renameTo(e: { readonly path: string; readonly to: string }): void {
    this.path = e.path
    this.exists = false
  }

  private count({ path, added, removed, binary }: FileChange): void {
    this.path = path
    this.changes += 1
    this.binaryChanges += binary ? 1 : 0
    this.added += added
    this.removed += removed
  }
}

/** Records one line of `git log --numstat` on the file it is about. */
export function recordChange(
  file: GitFile,
  { kind, path, from = '', added, removed, binary }: GitChange,
): void {
  const change = { path, added, removed, binary }
  switch (kind) {
    case 'added': {
      file.add(change)
      return
    }
    case 'changed': {
      file.change(change)
      return
    }
    case 'deleted': {
      file.delete(change)
      return
    }
    case 'renamed': {
      file.renameFrom({ ...change, from })
      return
    }
  }
}

import { withMetadata } from '../../../src/index.js'
import type { EventStore } from '../../../src/index.js'
import type { GitCommit } from '../git/history.js'
import { GitContributor } from './contributor.js'
import { GitFile, recordChange } from './file.js'
import { idOf, ledgerOf } from './ids.js'
import type { ImportedHistory } from './imported-history.js'
import { WorkingSet } from './working-set.js'

const KEPT_FILES = 20_000
const KEPT_CONTRIBUTORS = 5_000

/** Writes git commits into the ledger: each is one atomic commit across all the aggregates it concerns. */
export class CommitRecorder {
  private readonly files: WorkingSet<GitFile>
  private readonly contributors: WorkingSet<GitContributor>
  private readonly ledger: string

  constructor(
    private readonly store: EventStore,
    private readonly history: ImportedHistory,
  ) {
    this.files = new WorkingSet(store.repository(GitFile), KEPT_FILES)
    this.contributors = new WorkingSet(store.repository(GitContributor), KEPT_CONTRIBUTORS)
    this.ledger = ledgerOf(history)
  }

  /** Loads what the next commits concern, in few round trips. */
  async prepare(commits: readonly GitCommit[]): Promise<void> {
    const paths = commits.flatMap(({ changes }) => changes.flatMap(({ path, from = path }) => [path, from]))
    await this.files.prepare(paths.map((path) => idOf(this.ledger, path)))
    await this.contributors.prepare(commits.map(({ author }) => idOf(this.ledger, author)))
  }

  /** Records one of the prepared commits. Every event carries the hash as metadata. */
  async record(commit: GitCommit): Promise<void> {
    const touched = withMetadata({ gitCommit: commit.hash }, () => this.apply(commit))
    await this.store.commit([...touched])
  }

  private apply({ hash, author, changes }: GitCommit): Set<object> {
    // A set, because a file can be the new name of one rename and the old name of another.
    const touched = new Set<object>()
    for (const change of changes) {
      if (change.from !== undefined) {
        const left = this.files.use(idOf(this.ledger, change.from))
        left.renameTo({ path: change.from, to: change.path })
        touched.add(left)
      }
      const file = this.files.use(idOf(this.ledger, change.path))
      recordChange(file, change)
      touched.add(file)
    }
    const contributor = this.contributors.use(idOf(this.ledger, author))
    contributor.contribute({ author, files: changes.length, ...sumOf(changes) })
    this.history.advance({ hash })
    return touched.add(contributor).add(this.history)
  }
}

function sumOf(changes: GitCommit['changes']): { readonly added: number; readonly removed: number } {
  let [added, removed] = [0, 0]
  for (const change of changes) {
    added += change.added
    removed += change.removed
  }
  return { added, removed }
}

import { withMetadata } from '../../../src/index.js'
import type { EventStore } from '../../../src/index.js'
import { sumOf } from '../git/history.js'
import type { GitCommit } from '../git/history.js'
import { stageRows } from '../read-model/stage-rows.js'
import type { Recorded } from '../read-model/stage-rows.js'
import { GitContributor } from './contributor.js'
import { GitFile, recordChange } from './file.js'
import { idOf } from './ids.js'
import { WorkingSet } from './working-set.js'

const KEPT_FILES = 20_000
const KEPT_CONTRIBUTORS = 5_000

/**
 * Writes git commits into a ledger. Each is one atomic commit: the events of all the aggregates it concerns, the rows
 * of the read models, and the mark that its hash was processed. After a failure it is not to be used any more.
 */
export class CommitRecorder {
  private readonly files: WorkingSet<GitFile>
  private readonly contributors: WorkingSet<GitContributor>

  constructor(
    private readonly store: EventStore,
    private readonly ledger: string,
  ) {
    this.files = new WorkingSet(store.repository(GitFile), KEPT_FILES)
    this.contributors = new WorkingSet(store.repository(GitContributor), KEPT_CONTRIBUTORS)
  }

  /** Loads what the next commits concern, in few round trips. */
  async prepare(commits: readonly GitCommit[]): Promise<void> {
    const paths = commits.flatMap(({ changes }) => changes.flatMap(({ path, from = path }) => [path, from]))
    await this.files.prepare(paths.map((path) => idOf(this.ledger, path)))
    await this.contributors.prepare(commits.map(({ author }) => idOf(this.ledger, author)))
  }

  /**
   * Records one of the prepared commits. Every event carries the hash as metadata. Throws `DuplicateMessageError` if the
   * ledger has it, and what `UnitOfWork.commit` throws if another import is faster.
   */
  async record(commit: GitCommit): Promise<void> {
    await this.store.unitOfWork(async (work) => {
      work.processed(this.ledger, commit.hash)
      const recorded = withMetadata({ gitCommit: commit.hash }, () => this.apply(commit))
      work.add(recorded.contributor, ...recorded.files)
      await stageRows(work, recorded)
    })
  }

  private apply(commit: GitCommit): Recorded {
    const { ledger } = this
    // A set, because a file can be the new name of one rename and the old name of another.
    const files = new Set<GitFile>()
    for (const change of commit.changes) {
      if (change.from !== undefined) {
        const left = this.files.use(idOf(ledger, change.from))
        left.renameTo({ path: change.from, to: change.path })
        files.add(left)
      }
      const file = this.files.use(idOf(ledger, change.path))
      recordChange(file, change)
      files.add(file)
    }
    const { author, day } = commit
    const { changes, added, removed } = sumOf(commit)
    const contributor = this.contributors.use(idOf(ledger, author))
    contributor.contribute({ author, day, files: changes, added, removed })
    return { ledger, commit, files, contributor }
  }
}

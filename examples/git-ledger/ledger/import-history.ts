import { setImmediate as nextTurn } from 'node:timers/promises'
import { ConcurrentWriteError } from '../../../src/index.js'
import type { EventStore } from '../../../src/index.js'
import { listHashes, readCommits } from '../git/history.js'
import type { GitCommit, Range } from '../git/history.js'
import { isAncestor } from '../git/repository.js'
import type { Repository } from '../git/repository.js'
import { Problem } from '../problem.js'
import { chained, ImportedHistory } from './imported-history.js'
import { CommitRecorder } from './commit-recorder.js'

export interface ImportOptions {
  /** Leave what was imported before alone and begin anew. */
  readonly fresh?: boolean
  /** Aborted, it stops the import after the commit that is being written. */
  readonly signal?: AbortSignal
  /** Told how many commits of the current range are in the ledger, after each. */
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Brings the ledger to the repository's HEAD, from wherever the last import stopped. Gives the state of the
 * import: it has no `tip` if it is complete. Throws `Problem` if the repository's history is not a
 * continuation of what the ledger contains.
 */
export async function importHistory(
  store: EventStore,
  repository: Repository,
  { fresh = false, signal, onProgress = () => undefined }: ImportOptions = {},
): Promise<ImportedHistory> {
  const histories = store.repository(ImportedHistory)
  const history = (await histories.load(repository.key)) ?? histories.create(repository.key)
  if (fresh && history.version > 0) history.startOver()
  await assertContinuation(repository, history)
  try {
    while (history.tip !== undefined || history.base !== repository.head) {
      if (history.tip === undefined) history.start({ tip: repository.head })
      await store.commit(history)
      const range = { tip: history.tip!, base: history.base }
      if (!(await importRange(store, repository, range, history, { signal, onProgress }))) break
      history.finish()
      await store.commit(history)
    }
  } catch (error) {
    if (!(error instanceof ConcurrentWriteError)) throw error
    throw new Problem(
      'Another import of this repository is running. This one stopped; nothing was counted twice.',
    )
  }
  return history
}

/** Gives whether the whole range is in the ledger. */
async function importRange(
  store: EventStore,
  repository: Repository,
  range: Range,
  history: ImportedHistory,
  {
    signal,
    onProgress,
  }: { readonly signal: AbortSignal | undefined } & Pick<Required<ImportOptions>, 'onProgress'>,
): Promise<boolean> {
  const total = await countUnchanged(repository, range, history)
  const recorder = new CommitRecorder(store, history)
  const stopped = (): boolean => signal?.aborted === true
  if (history.done === total) return true
  for await (const commits of inBatches(readCommits(repository, range, total - history.done))) {
    if (stopped()) return false
    await recorder.prepare(commits)
    for (const commit of commits) {
      if (stopped()) return false
      await recorder.record(commit)
      onProgress(history.done, total)
      // SQLite answers without waiting: unless the event loop gets a turn, nobody notices Ctrl-C.
      await nextTurn()
    }
  }
  return history.done === total
}

/** How many commits the range has, after making sure that those in the ledger are still the first of them. */
async function countUnchanged(
  repository: Repository,
  range: Range,
  history: ImportedHistory,
): Promise<number> {
  let [total, digest] = [0, '']
  for await (const hash of listHashes(repository, range)) {
    total += 1
    if (total <= history.done) digest = chained(digest, hash)
  }
  if (digest !== history.digest) throw notAContinuation()
  return total
}

async function assertContinuation(repository: Repository, { tip, base }: ImportedHistory): Promise<void> {
  for (const imported of [tip, base]) {
    if (imported !== undefined && !(await isAncestor(repository, imported, repository.head)))
      throw notAContinuation()
  }
}

function notAContinuation(): Problem {
  return new Problem(
    'HEAD does not continue what was imported: the history was rewritten or another branch is checked out. ' +
      'Go back to the imported branch, or begin a new ledger with --fresh.',
  )
}

/** Groups commits so that few round trips load what they concern, with a bound on how much is held in memory. */
async function* inBatches(commits: AsyncIterable<GitCommit>): AsyncGenerator<GitCommit[], void, undefined> {
  let batch: GitCommit[] = []
  let size = 0
  for await (const commit of commits) {
    batch.push(commit)
    size += 1 + commit.changes.length
    if (size < 500) continue
    yield batch
    batch = []
    size = 0
  }
  if (batch.length > 0) yield batch
}

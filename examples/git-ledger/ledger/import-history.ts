import { setImmediate as nextTurn } from 'node:timers/promises'
import { ConcurrentWriteError, DuplicateMessageError, ReadModelConflictError } from '../../../src/index.js'
import type { EventStore } from '../../../src/index.js'
import { listHashes, readCommits } from '../git/history.js'
import type { GitCommit } from '../git/history.js'
import { isAncestor } from '../git/repository.js'
import type { Repository } from '../git/repository.js'
import { Problem } from '../problem.js'
import { CommitRecorder } from './commit-recorder.js'
import { ledgerOf } from './ids.js'
import { ImportedHistory } from './imported-history.js'
import { processedHashes } from './processed-hashes.js'

export interface ImportOptions {
  /** Leave what was imported before alone and begin anew. */
  readonly fresh?: boolean
  /** Aborted, it stops the import after the commit that is being written. */
  readonly signal?: AbortSignal
  /** Told how many of the repository's commits are in the ledger, after each that is imported. */
  readonly onProgress?: (done: number, total: number) => void
}

export interface ImportOutcome {
  readonly ledger: string
  readonly imported: number
  /** How many commits the ledger had already. */
  readonly skipped: number
}

/**
 * Brings the ledger to the repository's HEAD, whatever it contains already. Throws `Problem` if the repository's
 * history is not a continuation of what the ledger contains, and if another import gets in the way.
 */
export async function importHistory(
  store: EventStore,
  repository: Repository,
  { fresh = false, signal, onProgress = () => undefined }: ImportOptions = {},
): Promise<ImportOutcome> {
  try {
    const ledger = await chooseLedger(store, repository, fresh)
    const { skipped, missing } = await compare(store, repository, ledger)
    const recorder = new CommitRecorder(store, ledger)
    let imported = 0
    for await (const commit of prepared(recorder, readCommits(repository, missing))) {
      if (signal?.aborted === true) break
      await recorder.record(commit)
      imported += 1
      onProgress(skipped + imported, skipped + missing.length)
      // SQLite answers without waiting: unless the event loop gets a turn, nobody notices Ctrl-C.
      await nextTurn()
    }
    return { ledger, imported, skipped }
  } catch (error) {
    if (!isConflict(error)) throw error
    throw new Problem(
      'Another import of this repository is running. This one stopped; nothing was counted twice.',
    )
  }
}

/** The ledger to import into, after making sure that HEAD continues what is in it. */
async function chooseLedger(store: EventStore, repository: Repository, fresh: boolean): Promise<string> {
  const histories = store.repository(ImportedHistory)
  const history = (await histories.load(repository.key)) ?? histories.create(repository.key)
  if (fresh && history.version > 0) history.startOver()
  if (history.tip !== undefined && !(await isAncestor(repository, history.tip, repository.head))) {
    throw new Problem(
      'HEAD does not continue what was imported: the history was rewritten or another branch is checked out. ' +
        'Go back to the imported branch, or begin a new ledger with --fresh.',
    )
  }
  if (history.tip !== repository.head) history.start({ tip: repository.head })
  await store.commit(history)
  return ledgerOf(history)
}

/** What of the history the ledger has, and the hashes of the rest, parents first. */
async function compare(
  store: EventStore,
  repository: Repository,
  ledger: string,
): Promise<{ readonly skipped: number; readonly missing: readonly string[] }> {
  let skipped = 0
  const missing: string[] = []
  for await (const hashes of inBatches(listHashes(repository), () => 1)) {
    const processed = await processedHashes(store.dataSource, ledger, hashes)
    skipped += processed.size
    for (const hash of hashes) if (!processed.has(hash)) missing.push(hash)
  }
  return { skipped, missing }
}

/** The same commits, with all that the next of them concern loaded in few round trips. */
async function* prepared(
  recorder: CommitRecorder,
  commits: AsyncIterable<GitCommit>,
): AsyncGenerator<GitCommit, void, undefined> {
  for await (const batch of inBatches(commits, ({ changes }) => 1 + changes.length)) {
    await recorder.prepare(batch)
    yield* batch
  }
}

const BATCH = 500

/** Groups items, with a bound on how much is held in memory. */
async function* inBatches<T>(
  items: AsyncIterable<T>,
  sizeOf: (item: T) => number,
): AsyncGenerator<T[], void, undefined> {
  let batch: T[] = []
  let size = 0
  for await (const item of items) {
    batch.push(item)
    size += sizeOf(item)
    if (size < BATCH) continue
    yield batch
    batch = []
    size = 0
  }
  if (batch.length > 0) yield batch
}

function isConflict(error: unknown): boolean {
  return [ConcurrentWriteError, DuplicateMessageError, ReadModelConflictError].some(
    (conflict) => error instanceof conflict,
  )
}

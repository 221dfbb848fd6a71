import { createHash } from 'node:crypto'
import { Aggregate, AggregateRoot, Records } from '../../../src/index.js'

/**
 * How far the history of one repository has been imported. Its events are committed together with those of the
 * files and the author, so that each git commit is in the ledger exactly once, wherever the process dies.
 *
 * An import works through the commits between two tips, which are fixed when it starts: `git log ^base tip`. A
 * position alone would not do, because commits that arrive later may be sorted before those imported already.
 */
@Aggregate('git-history', { snapshots: { every: 500 } })
export class ImportedHistory extends AggregateRoot {
  /** Raised to begin anew; part of the ids of files and contributors. */
  generation = 1
  /** Everything that this commit can reach is in the ledger. */
  base: string | undefined = undefined
  /** What is being imported. */
  tip: string | undefined = undefined
  /** How many commits of it are in the ledger. */
  done = 0
  /** A digest of their hashes, in order. */
  digest = ''

  @Records('import-started')
  start({ tip }: { readonly tip: string }): void {
    this.tip = tip
    this.done = 0
    this.digest = ''
  }

  @Records('commit-imported')
  advance({ hash }: { readonly hash: string }): void {
    this.done += 1
    this.digest = chained(this.digest, hash)
  }

  @Records('import-finished')
  finish(): void {
    this.base = this.tip
    this.tip = undefined
  }

  @Records('started-over')
  startOver(): void {
    this.generation += 1
    this.base = undefined
    this.tip = undefined
  }
}

/** The digest of a sequence of hashes, extended by one more. */
export function chained(digest: string, hash: string): string {
  return createHash('sha256').update(digest).update(hash).digest('base64')
}

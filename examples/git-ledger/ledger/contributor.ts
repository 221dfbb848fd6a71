import { Aggregate, AggregateRoot, Records } from '../../../src/index.js'

/** What one git commit says about its author. */
export interface Contribution {
  /** Name and email as the commit spells them. */
  readonly author: string
  /** When it was authored: `2024-02-29`. */
  readonly day: string
  /** How many files it touched; none if it is empty or a merge. */
  readonly files: number
  readonly added: number
  readonly removed: number
}

/** Somebody who authored commits, under one spelling of name and email. */
@Aggregate('git-contributor', { snapshots: { every: 200 } })
export class GitContributor extends AggregateRoot {
  author = ''
  commits = 0
  changes = 0
  added = 0
  removed = 0

  @Records('contributed')
  contribute({ author, files, added, removed }: Contribution): void {
    this.author = author
    this.commits += 1
    this.changes += files
    this.added += added
    this.removed += removed
  }
}

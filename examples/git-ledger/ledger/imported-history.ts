import { Aggregate, AggregateRoot, Records } from '../../../src/index.js'

/** Which history of one repository is being imported, and into which of its ledgers. */
@Aggregate('git-import')
export class ImportedHistory extends AggregateRoot {
  /** Raised to begin anew; part of the ids of files and contributors. */
  generation = 1
  /** What was asked for last: whatever is in the ledger, this commit can reach. */
  tip: string | undefined = undefined

  @Records('import-started')
  start({ tip }: { readonly tip: string }): void {
    this.tip = tip
  }

  @Records('started-over')
  startOver(): void {
    this.generation += 1
    this.tip = undefined
  }
}

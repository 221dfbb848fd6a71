import type { RowColumn, RowEffect, RowTable, RowWrite } from './row-table.js'
import type { Statement } from './statement.js'

/** The statements over read-model tables of one dialect; each writes any number of rows. */
export interface RowStatements {
  /**
   * Writes rows of one table that set the same columns, and gives how many it touched. Rows that do not fit are left
   * alone: `insert` those that exist, `patch` and `delete` those that are missing or not at the expected version. `orFail`: that is an error
   * of the database's.
   */
  write(
    table: RowTable,
    effect: RowEffect,
    columns: readonly RowColumn[],
    rows: readonly RowWrite[],
    orFail: boolean,
  ): Statement<number>
  /** The versions of those rows that exist, by their index (`undefined` without a version column), locked until the transaction ends. */
  lock(table: RowTable, rows: readonly RowWrite[]): Statement<ReadonlyMap<number, number | undefined>>
}

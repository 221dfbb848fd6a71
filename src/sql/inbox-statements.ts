import type { ProcessedMark, ProcessedMessage } from '../model/message.js'
import type { Statement } from './statement.js'

/** The statements over processed-message marks, compiled for one table. */
export interface InboxStatements {
  /**
   * Inserts the marks, sorted, and gives those that were new. Waits for a transaction that is inserting one of them; marks
   * that exist stay as they are. `orFail`: one that exists is an error of the database's.
   */
  mark(marks: readonly ProcessedMark[], orFail: boolean): Statement<readonly ProcessedMark[]>
  /** Those of the marks that exist. */
  find(marks: readonly ProcessedMark[]): Statement<readonly ProcessedMessage[]>
  /** Removes at most `limit` marks that are older; gives how many. `consumer`: only its marks. */
  purge(before: Date, consumer: string | undefined, limit: number): Statement<number>
}

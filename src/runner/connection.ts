import type { QueryRunner } from 'typeorm'
import { savepoint } from '../sql/savepoint.js'
import type { Statement } from '../sql/statement.js'
import type { Statements } from '../sql/statements.js'
import { runStatement } from './run-statement.js'
import { depthOf } from './transaction-hooks.js'
import type { JoinedTransaction, TransactionEnd } from './transaction-hooks.js'

/** One connection for a while, and what the store may do on it. */
export class Connection {
  private phase: 'idle' | 'statement' | 'transaction' | 'commit' = 'idle'

  constructor(
    private readonly runner: QueryRunner,
    readonly statements: Statements,
    private readonly transaction: JoinedTransaction | undefined,
    private readonly prepared: boolean,
  ) {}

  /** Whether a transaction is open that the host will end. */
  get joined(): boolean {
    return this.transaction !== undefined
  }

  /** A floor for the feed that the host's transaction has published before. */
  get floor(): number | undefined {
    return this.transaction?.floors.get(this.statements)
  }

  /**
   * Whether the database may have committed something that this connection did not hear of: a statement was sent
   * by itself, or COMMIT was. What a host's transaction contains is its host's to commit.
   */
  get mayHaveCommitted(): boolean {
    return !this.joined && (this.phase === 'statement' || this.phase === 'commit')
  }

  /** Opens the connection: what fails here has sent nothing. */
  async open(): Promise<void> {
    await this.runner.connect()
  }

  /** Runs one statement: by itself, or in the transaction that is open. */
  async run<Result>(statement: Statement<Result>): Promise<Result> {
    if (this.phase === 'idle') this.phase = 'statement'
    return runStatement(this.runner, statement, this.prepared)
  }

  /** Runs `work` in a transaction, or in a savepoint of the host's. */
  async atomically<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.joined ? this.inSavepoint(work) : this.inTransaction(work)
  }

  /** Inside `atomically()` of a joined transaction: what to do when the host's transaction has ended. */
  whenEnded(end: TransactionEnd): void {
    this.transaction?.pending.push({ depth: depthOf(this.runner), end })
  }

  /**
   * The transaction's first append drew these positions. Its later ones publish the same floor again instead of a
   * new one each: one lock, however many there are, and taken anew should a savepoint have lost it.
   */
  keepFloor(positions: readonly number[]): void {
    const [first] = positions
    if (first === undefined || this.floor !== undefined) return
    this.transaction?.floors.set(this.statements, first - 1)
  }

  /** Closes the connection instead of giving it back to the pool: nobody knows what is still under way on it. */
  discard(cause: unknown): Promise<void> {
    return discardConnection(this.runner, cause)
  }

  /**
   * A savepoint of the module's own rather than one of TypeORM's: those count on everybody taking turns, and
   * tell every subscriber.
   */
  private async inSavepoint<Result>(work: () => Promise<Result>): Promise<Result> {
    await runStatement(this.runner, savepoint.set, false)
    try {
      const result = await work()
      await runStatement(this.runner, savepoint.release, false)
      return result
    } catch (error) {
      // The first error is the one to report. If undoing fails, the transaction must not commit any more.
      await runStatement(this.runner, savepoint.rollBack, false)
        .then(() => runStatement(this.runner, savepoint.release, false))
        .catch(() => {
          if (this.transaction !== undefined) this.transaction.doomed = true
        })
      throw error
    }
  }

  private async inTransaction<Result>(work: () => Promise<Result>): Promise<Result> {
    this.phase = 'transaction'
    try {
      await this.runner.startTransaction()
      const result = await work()
      this.phase = 'commit'
      await this.commit()
      return result
    } catch (error) {
      await this.rollBack(error)
      throw error
    }
  }

  private async commit(): Promise<void> {
    try {
      await this.runner.commitTransaction()
    } catch (error) {
      // A subscriber of the host's that fails after COMMIT does not undo it.
      if (this.runner.isTransactionActive) throw error
    }
  }

  /** The first error is the one to report. A connection that cannot roll back must not go back to the pool. */
  private async rollBack(cause: unknown): Promise<void> {
    if (!this.runner.isTransactionActive) return
    await this.runner.rollbackTransaction().catch(() => this.discard(cause))
  }
}

/** Has the pool close a runner's connection. */
export async function discardConnection(runner: QueryRunner, cause: unknown): Promise<void> {
  await (
    runner as { releasePostgresConnection?: (cause: unknown) => Promise<void> }
  ).releasePostgresConnection?.(cause)
}

import type { QueryRunner } from 'typeorm'
import type { Statement } from '../sql/statement.js'
import type { Statements } from '../sql/statements.js'
import { runStatement } from './run-statement.js'
import type { TransactionEnd, TransactionHooks } from './transaction-hooks.js'

/** One connection for a while, and what the store may do on it. */
export class Connection {
  /** Whether a transaction is open that the host will end. */
  readonly joined: boolean
  private phase: 'idle' | 'statement' | 'transaction' | 'commit' = 'idle'

  constructor(
    private readonly runner: QueryRunner,
    readonly statements: Statements,
    private readonly hooks: TransactionHooks,
    private readonly prepared: boolean,
  ) {
    this.joined = runner.isTransactionActive
  }

  /**
   * Whether the database may have committed something that this connection did not hear of: a statement was sent
   * by itself, or COMMIT was. What a host's transaction contains is its host's to commit.
   */
  get mayHaveCommitted(): boolean {
    return !this.joined && (this.phase === 'statement' || this.phase === 'commit')
  }

  /** Runs one statement: by itself, or in the transaction that is open. */
  async run<Result>(statement: Statement<Result>): Promise<Result> {
    if (this.phase === 'idle') this.phase = 'statement'
    return runStatement(this.runner, statement, this.prepared)
  }

  /** Runs `work` in a transaction, or in a savepoint of the host's. */
  async atomically<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.joined) this.hooks.watch(this.runner)
    await this.open()
    this.phase = 'transaction'
    await this.runner.startTransaction()
    try {
      const result = await work()
      this.phase = 'commit'
      await this.runner.commitTransaction()
      return result
    } catch (error) {
      await this.rollBack(error)
      throw error
    }
  }

  /** Inside `atomically()` of a joined transaction: what to do when the host's transaction has ended. */
  whenEnded(end: TransactionEnd): void {
    this.hooks.whenEnded(this.runner, end)
  }

  /** The database's id of this session, to look for it after its connection was lost. */
  async sessionId(): Promise<number | undefined> {
    const client = (await this.open()) as { readonly processID?: number } | undefined
    return client?.processID
  }

  /** The first error is the one to report. A connection that cannot roll back must not go back to the pool. */
  private async rollBack(cause: unknown): Promise<void> {
    try {
      await this.runner.rollbackTransaction()
    } catch {
      const runner = this.runner as { releasePostgresConnection?: (cause: unknown) => Promise<void> }
      if (!this.joined) await runner.releasePostgresConnection?.(cause)
    }
  }

  private async open(): Promise<unknown> {
    return this.runner.connect()
  }
}

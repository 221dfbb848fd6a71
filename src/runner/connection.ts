import type { QueryRunner } from 'typeorm'
import { savepoint } from '../sql/savepoint.js'
import type { Statement } from '../sql/statement.js'
import type { RowColumn, RowEffect, RowTable, RowWrite } from '../sql/row-table.js'
import type { AppendPlace, Statements } from '../sql/statements.js'
import type { RowEntity, RowTables } from './row-tables.js'
import { faultOf } from './fault.js'
import type { OwnTransaction, Steps } from './own-transaction.js'
import type { Sender } from './sender.js'
import { asRowError } from './storage-error.js'
import { depthOf } from './transaction-hooks.js'
import type { JoinedTransaction, TransactionEnd } from './transaction-hooks.js'

/** One connection for a while, and what the store may do on it. */
export class Connection {
  /** The id of the transaction that is about to commit, if somebody will want to know what became of it. */
  transactionId: string | undefined
  private phase: 'idle' | 'statement' | 'transaction' | 'commit' = 'idle'

  constructor(
    private readonly runner: QueryRunner,
    readonly statements: Statements,
    private readonly transaction: JoinedTransaction | undefined,
    private readonly sender: Sender,
    private readonly own: OwnTransaction,
    readonly rowTables: RowTables,
  ) {}

  /** Whether a transaction is open that the host will end. */
  get joined(): boolean {
    return this.transaction !== undefined
  }

  /** Where an append on this connection takes place. `orFail`: a refusal is an error. */
  place(orFail: boolean): AppendPlace {
    return { isJoined: this.joined, floor: this.floor, orFail, isShared: false }
  }

  /** A floor for the feed that the host's transaction has published before. */
  private get floor(): number | undefined {
    return this.transaction?.floors.get(this.statements)
  }

  /**
   * Whether the database may have committed something that this connection did not hear of: a statement was sent
   * by itself, or COMMIT was. What a host's transaction contains is its host's to commit.
   */
  get mayHaveCommitted(): boolean {
    return !this.joined && (this.phase === 'statement' || this.phase === 'commit')
  }

  /** Runs one statement: by itself, or in the transaction that is open. */
  run<Result>(statement: Statement<Result>): Promise<Result> {
    if (this.phase === 'idle') this.phase = 'statement'
    return this.sender.send(statement)
  }

  /**
   * Runs steps that need nothing of each other's answers, in their order; at once where the driver can. Throws the error
   * of the first step that failed, which may be there only because of another's: see `sentTogether`.
   */
  together<Results extends readonly unknown[]>(steps: Steps<Results>): Promise<Results> {
    return this.sender.together(steps)
  }

  /** Whether steps that run together are sent together, as one transaction if none is open. */
  get canSendTogether(): boolean {
    return this.sender.canBatch
  }

  /** Whether the transaction can end with the statements that run together: they then have to fail rather than be refused. */
  get canCommitWith(): boolean {
    return this.phase === 'transaction' && this.own.canCommitWith
  }

  /** The same as `together` for the last steps of a transaction, which are committed with them. */
  commitWith<Results extends readonly unknown[]>(steps: Steps<Results>): Promise<Results> {
    this.phase = 'commit'
    return this.own.commitWith(steps)
  }

  /** Whether statements went out before those ahead of them were answered, so that an error can hide what caused it. */
  get sentTogether(): boolean {
    return this.sender.sentTogether
  }

  /** From now on the answer to each statement is waited for before the next one is sent. */
  sendOneByOne(): void {
    this.sender.sendOneByOne()
  }

  /** Keeps the open transaction's id, so that an unanswered COMMIT can be settled. */
  async rememberTransaction(): Promise<void> {
    const { lostCommits } = this.statements
    if (lostCommits !== undefined) this.transactionId = await this.run(lostCommits.transactionId())
  }

  /** Writes read-model rows; gives how many were touched. An error names the table. */
  async writeRows(
    table: RowTable,
    effect: RowEffect,
    columns: readonly RowColumn[],
    rows: readonly RowWrite[],
    orFail: boolean,
  ): Promise<number> {
    try {
      return await this.run(this.statements.rows.write(table, effect, columns, rows, orFail))
    } catch (error) {
      throw asRowError(table.tablePath, error)
    }
  }

  /** The versions of those rows that exist, by their index, locked until the transaction ends. */
  lockRows(table: RowTable, rows: readonly RowWrite[]): Promise<ReadonlyMap<number, number | undefined>> {
    return this.run(this.statements.rows.lock(table, rows))
  }

  /** Loads one row of the host's entity, with relations, through TypeORM. `lock`: until the transaction ends. */
  async findRow(
    entity: RowEntity,
    key: object,
    relations: readonly string[],
    lock: boolean,
  ): Promise<object | undefined> {
    await this.sender.flush()
    const mustLock = lock && this.statements.canLockRows
    // Outer joins cannot be locked: the row comes first, and its relations when nobody can change it any more.
    if (mustLock && relations.length > 0) await this.findRow(entity, key, [], true)
    const find = (): Promise<object | null> =>
      this.runner.manager.findOne(entity.target, {
        where: key,
        relations: Object.fromEntries(relations.map((name) => [name, true])),
        loadEagerRelations: false,
        withDeleted: true,
        ...(mustLock && relations.length === 0 ? { lock: { mode: 'pessimistic_write' } } : {}),
      })
    return (await (this.joined ? find() : this.own.inside(find))) ?? undefined
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
    await this.sender.open(savepoint.set)
    try {
      const result = await work()
      if (!this.sender.isUnopened) await this.sender.send(savepoint.release)
      return result
    } catch (error) {
      // The first error is the one to report. If undoing fails, the transaction must not commit any more.
      if (!this.sender.isUnopened) await this.undoSavepoint(error)
      throw error
    }
  }

  private async undoSavepoint(cause: unknown): Promise<void> {
    try {
      await this.sender.together([
        () => this.sender.send(savepoint.rollBack),
        () => this.sender.send(savepoint.release),
      ])
    } catch (error) {
      // Sent with the first statement, the savepoint was not even set if the transaction had been aborted before. What the
      // host then rolls back to is its own affair.
      const wasAborted = faultOf(cause).kind === 'aborted-transaction'
      if (wasAborted && faultOf(error).kind === 'no-savepoint') return
      if (this.transaction !== undefined) this.transaction.doomed = true
    }
  }

  private async inTransaction<Result>(work: () => Promise<Result>): Promise<Result> {
    this.phase = 'transaction'
    try {
      await this.own.begin()
      const result = await work()
      this.phase = 'commit'
      await this.own.commit()
      return result
    } catch (error) {
      // The first error is the one to report. A connection that cannot roll back must not go back to the pool.
      await this.own.rollBack().catch(() => this.discard(error))
      throw error
    }
  }
}

/** Has the pool close a runner's connection. */
export async function discardConnection(runner: QueryRunner, cause: unknown): Promise<void> {
  await (
    runner as { releasePostgresConnection?: (cause: unknown) => Promise<void> }
  ).releasePostgresConnection?.(cause)
}

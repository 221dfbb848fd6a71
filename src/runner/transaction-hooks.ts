import type { DataSource, EntitySubscriberInterface, QueryRunner } from 'typeorm'
import { StorageError } from '../errors/index.js'
import { faultOf } from './fault.js'
import { FifoLock } from './fifo-lock.js'
import { dataSourceOf } from './host.js'
import { asStorageError } from './storage-error.js'

/** What to do once it is known how the outermost transaction ended. */
export interface TransactionEnd {
  onCommit(): void
  onRollback(): void
}

/** A host's transaction in which the module takes part. */
export interface JoinedTransaction {
  /** Set as soon as its end has begun: nothing can take part any more. */
  ending: 'commit' | 'rollback' | undefined
  /** Set when a savepoint could not be rolled back: nobody knows what the transaction contains, so it must not commit. */
  doomed: boolean
  /** A floor for the feed below everything it has written, by the statements of the store that wrote it. */
  readonly floors: Map<object, number>
  /** With the depth of nesting at which each was recorded. */
  pending: { readonly depth: number; readonly end: TransactionEnd }[]
}

/**
 * Watches host transactions in which the module takes part, through TypeORM's own transaction events.
 *
 * - A transaction ends only between the module's commits, never in the middle of one.
 * - Work that waits for the outermost COMMIT runs after it, or is told that its savepoint or the whole
 *   transaction was rolled back.
 * - Postgres answers COMMIT of an aborted transaction with a silent ROLLBACK, and TypeORM reports success. A
 *   watched transaction is probed before COMMIT, so that its host gets an error instead.
 */
export class TransactionHooks {
  private readonly watched = new WeakMap<QueryRunner, JoinedTransaction>()
  private readonly turns = new WeakMap<QueryRunner, FifoLock>()

  constructor(private readonly probe: ((runner: QueryRunner) => Promise<void>) | undefined) {}

  /** The open transaction of this runner, watched from now on. */
  watch(runner: QueryRunner): JoinedTransaction {
    const known = this.watched.get(runner)
    if (known !== undefined) return known
    // initialize() replaces the DataSource's list of subscribers, so the place to look is always the list itself.
    const { subscribers } = dataSourceOf(runner)
    if (!subscribers.includes(this.subscriber)) subscribers.push(this.subscriber)
    const joined: JoinedTransaction = { ending: undefined, doomed: false, floors: new Map(), pending: [] }
    this.watched.set(runner, joined)
    return joined
  }

  /** Waits for the other work on this runner; resolves with the function that ends the turn. */
  takeTurn(runner: QueryRunner): Promise<() => void> {
    let turns = this.turns.get(runner)
    if (turns === undefined) this.turns.set(runner, (turns = new FifoLock()))
    return turns.acquire()
  }

  private readonly subscriber: EntitySubscriberInterface = {
    afterTransactionStart: ({ queryRunner }) => this.started(queryRunner),
    beforeTransactionCommit: ({ queryRunner }) => this.beforeEnd(queryRunner, 'commit'),
    beforeTransactionRollback: ({ queryRunner }) => this.beforeEnd(queryRunner, 'rollback'),
    afterTransactionCommit: ({ queryRunner }) => this.ended(queryRunner, 'commit'),
    afterTransactionRollback: ({ queryRunner }) => this.ended(queryRunner, 'rollback'),
  }

  private started(runner: QueryRunner): void {
    const joined = this.watched.get(runner)
    if (joined === undefined || depthOf(runner) > 1) return
    // A new transaction on the same runner, and the end of the last one was not heard of, because another
    // subscriber failed before this one. A COMMIT that fails is followed by a rollback, so it was committed.
    this.conclude(runner, joined, joined.ending ?? 'rollback')
  }

  private async beforeEnd(runner: QueryRunner, outcome: 'commit' | 'rollback'): Promise<void> {
    const joined = this.watched.get(runner)
    if (joined === undefined) return
    const endTurn = await this.takeTurn(runner)
    try {
      if (depthOf(runner) > 1) return
      if (outcome === 'commit') await this.assertMayCommit(runner, joined)
      // Whoever waits for a turn, or comes now, finds the transaction ending and is refused.
      joined.ending = outcome
    } finally {
      endTurn()
    }
    // Even if ROLLBACK itself fails, because the connection is gone, nothing of the transaction remains.
    if (outcome === 'rollback') tell(joined.pending.splice(0), 'rollback')
  }

  private ended(runner: QueryRunner, outcome: 'commit' | 'rollback'): void {
    const joined = this.watched.get(runner)
    if (joined === undefined) return
    if (!runner.isTransactionActive) {
      this.conclude(runner, joined, outcome)
      return
    }
    const depth = depthOf(runner)
    const undone = joined.pending.filter((entry) => outcome === 'rollback' && entry.depth > depth)
    joined.pending = joined.pending
      .filter((entry) => !undone.includes(entry))
      .map((entry) => ({ ...entry, depth: Math.min(entry.depth, depth) }))
    tell(undone, 'rollback')
  }

  private conclude(runner: QueryRunner, joined: JoinedTransaction, outcome: 'commit' | 'rollback'): void {
    joined.ending = outcome
    this.watched.delete(runner)
    tell(joined.pending.splice(0), outcome)
  }

  private async assertMayCommit(runner: QueryRunner, joined: JoinedTransaction): Promise<void> {
    if (joined.doomed) {
      const problem =
        'A commit of this transaction failed and could not be undone by itself. Roll the transaction back.'
      throw new StorageError('commit', problem, true, 'not-written')
    }
    try {
      await this.probe?.(runner)
    } catch (cause) {
      if (faultOf(cause).kind !== 'aborted-transaction') throw asStorageError('append', cause)
      throw new StorageError(
        'commit',
        'An earlier statement of this transaction failed and its error was swallowed, so Postgres would roll back ' +
          'instead of committing. Nothing was written. Let errors pass, or put what may fail into a nested transaction.',
        false,
        'not-written',
        { cause },
      )
    }
  }
}

const hooks = new WeakMap<DataSource, TransactionHooks>()

/** The one watcher of a DataSource: several stores may take part in one transaction, and have to take turns. */
export function hooksOf(
  dataSource: DataSource,
  probe: ConstructorParameters<typeof TransactionHooks>[0],
): TransactionHooks {
  let known = hooks.get(dataSource)
  if (known === undefined) hooks.set(dataSource, (known = new TransactionHooks(probe)))
  return known
}

/** Rolled back work is told last one first, as the database undoes it. */
function tell(entries: readonly { readonly end: TransactionEnd }[], outcome: 'commit' | 'rollback'): void {
  if (outcome === 'commit') for (const { end } of entries) end.onCommit()
  else for (const { end } of [...entries].reverse()) end.onRollback()
}

/** How many transactions are open inside each other; TypeORM keeps it to itself. */
export function depthOf(runner: QueryRunner): number {
  return (runner as unknown as { readonly transactionDepth: number }).transactionDepth
}

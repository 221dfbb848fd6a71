import type { EntitySubscriberInterface, QueryRunner } from 'typeorm'
import { StorageError } from '../errors/index.js'
import { dataSourceOf } from './host.js'

/** What to do once it is known how the outermost transaction ended. */
export interface TransactionEnd {
  onCommit(): void
  onRollback(): void
}

interface Watched {
  /** How deep the transaction is nested now, relative to when the module first took part in it. */
  level: number
  pending: { level: number; readonly end: TransactionEnd }[]
}

/**
 * Watches host transactions in which the module took part, through TypeORM's own transaction events.
 *
 * - Work that waits for the outermost COMMIT runs after it, or is told that its savepoint or the whole
 *   transaction was rolled back.
 * - Postgres answers COMMIT of an aborted transaction with a silent ROLLBACK, and TypeORM reports success. A
 *   watched transaction is probed before COMMIT, so that its host gets an error instead.
 */
export class TransactionHooks {
  private readonly watched = new WeakMap<QueryRunner, Watched>()

  constructor(private readonly probe: ((runner: QueryRunner) => Promise<void>) | undefined) {}

  /** Begins to watch the runner's open transaction; does nothing if it is watched already. */
  watch(runner: QueryRunner): void {
    if (this.watched.has(runner)) return
    // initialize() replaces the DataSource's list of subscribers, so the place to look is always the list itself.
    const { subscribers } = dataSourceOf(runner)
    if (!subscribers.includes(this.subscriber)) subscribers.push(this.subscriber)
    this.watched.set(runner, { level: 0, pending: [] })
  }

  /** To be called inside a watched transaction. */
  whenEnded(runner: QueryRunner, end: TransactionEnd): void {
    const watched = this.watched.get(runner)
    if (watched === undefined) throw new Error('whenEnded() needs a watched transaction')
    watched.pending.push({ level: watched.level, end })
  }

  private readonly subscriber: EntitySubscriberInterface = {
    afterTransactionStart: ({ queryRunner }) => {
      const watched = this.watched.get(queryRunner)
      if (watched !== undefined) watched.level += 1
    },
    beforeTransactionCommit: async ({ queryRunner }) => {
      if (this.watched.has(queryRunner)) await this.assertNotAborted(queryRunner)
    },
    afterTransactionCommit: ({ queryRunner }) => this.step(queryRunner, 'commit'),
    afterTransactionRollback: ({ queryRunner }) => this.step(queryRunner, 'rollback'),
  }

  private async assertNotAborted(runner: QueryRunner): Promise<void> {
    try {
      await this.probe?.(runner)
    } catch (cause) {
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

  private step(runner: QueryRunner, outcome: 'commit' | 'rollback'): void {
    const watched = this.watched.get(runner)
    if (watched === undefined) return
    watched.level -= 1
    const ended = !runner.isTransactionActive
    if (ended) this.watched.delete(runner)
    const { level, pending } = watched
    const undone = pending.filter((entry) => outcome === 'rollback' && (ended || entry.level > level))
    const rest = pending.filter((entry) => !undone.includes(entry))
    watched.pending = ended ? [] : rest.map((entry) => ({ ...entry, level: Math.min(entry.level, level) }))
    // The last one first, as the database undoes them.
    for (const { end } of undone.reverse()) end.onRollback()
    if (ended) for (const { end } of rest) end.onCommit()
  }
}

import type { QueryRunner } from 'typeorm'
import { dataSourceOf } from './host.js'

/** What the guard needs of TypeORM's SQLite runners beyond their public types. */
export type SqliteRunner = QueryRunner & {
  isTransactionActive: boolean
  transactionDepth: number
  stmtCache?: Map<string, unknown>
}

/** What a runner asks of the guard. */
export interface Guard {
  /** The function that ends the turn, if nobody else has it. */
  takeTurnNow(): (() => void) | undefined
  /** Resolves with the function that ends the turn. */
  takeTurn(): Promise<() => void>
  /** A transaction of this runner has begun. */
  started(): void
  /** Runs code for which the DataSource lends out this runner. */
  inside<Result>(work: () => Result): Result
}

type Call = (...parameters: unknown[]) => Promise<unknown>

/** Makes one of TypeORM's runners wait for its turn: a transaction until it ends, a statement for itself. */
export class GuardedRunner {
  private endTurn: (() => void) | undefined

  constructor(
    private readonly runner: SqliteRunner,
    private readonly guard: Guard,
  ) {
    const original = {
      query: runner.query.bind(runner) as Call,
      start: runner.startTransaction.bind(runner) as Call,
      commit: runner.commitTransaction.bind(runner),
      rollback: runner.rollbackTransaction.bind(runner),
      release: runner.release.bind(runner),
    }
    Object.assign(runner, {
      query: (...parameters: unknown[]) => this.query(original.query, parameters),
      startTransaction: (...parameters: unknown[]) => this.start(original.start, parameters),
      commitTransaction: () => original.commit().finally(() => this.endTurnUnlessActive()),
      rollbackTransaction: () => this.rollback(original.rollback),
      release: () => this.release(original.release),
    })
    this.wrapBroadcaster()
    guarded.set(runner, this)
  }

  /** A turn for one statement: none is needed in the transaction that has it already. */
  turn(): (() => void) | Promise<() => void> {
    if (this.endTurn !== undefined) return () => undefined
    return this.guard.takeTurnNow() ?? this.guard.takeTurn()
  }

  private async query(query: Call, parameters: unknown[]): Promise<unknown> {
    if (this.endTurn === undefined) {
      const endTurn = await this.turn()
      try {
        return await query(...parameters)
      } finally {
        endTurn()
      }
    }
    const result = await query(...parameters)
    // Subscribers that are told of the end may use the DataSource: it is over for the database.
    if (parameters[0] === 'COMMIT' || parameters[0] === 'ROLLBACK') this.giveTurnBack()
    return result
  }

  private async start(start: Call, parameters: unknown[]): Promise<void> {
    this.endTurn ??= await this.guard.takeTurn()
    try {
      await start(...parameters)
      this.guard.started()
    } catch (error) {
      if (this.runner.transactionDepth === 0) this.runner.isTransactionActive = false
      this.endTurnUnlessActive()
      throw error
    }
  }

  private async rollback(rollback: () => Promise<void>): Promise<void> {
    try {
      await rollback()
    } catch (error) {
      // SQLite has rolled back by itself (disk full, for example), or the connection is gone.
      if (this.runner.isTransactionActive && this.runner.transactionDepth <= 1) this.abandon()
      throw error
    } finally {
      this.endTurnUnlessActive()
    }
  }

  private async release(release: () => Promise<void>): Promise<void> {
    if (this.endTurn !== undefined && this.runner.isTransactionActive) {
      this.runner.transactionDepth = 1
      await this.runner.rollbackTransaction().catch(() => undefined)
    }
    this.giveTurnBack()
    await release()
  }

  private abandon(): void {
    this.runner.isTransactionActive = false
    this.runner.transactionDepth = 0
  }

  private endTurnUnlessActive(): void {
    if (!this.runner.isTransactionActive) this.giveTurnBack()
  }

  private giveTurnBack(): void {
    this.endTurn?.()
    this.endTurn = undefined
  }

  /** Subscribers that TypeORM wakes inside a transaction run inside its scope. */
  private wrapBroadcaster(): void {
    const { guard, runner } = this
    const broadcaster = new Proxy(runner.broadcaster, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target)
        if (typeof value !== 'function') return value
        return (...parameters: unknown[]): unknown => {
          const call = (): unknown =>
            (value as (...parameters: unknown[]) => unknown).apply(target, parameters)
          return runner.isTransactionActive && isHeard(runner, property, parameters)
            ? guard.inside(call)
            : call()
        }
      },
    })
    Object.assign(runner, { broadcaster })
  }
}

const guarded = new WeakMap<QueryRunner, GuardedRunner>()

/** The function that ends the turn which a statement of this runner needs, or waits for; without the guard there are no turns. */
export function turnOf(runner: QueryRunner): (() => void) | Promise<() => void> {
  return guarded.get(runner)?.turn() ?? (() => undefined)
}

/** Entities may listen to what happens to them; only subscribers are told of queries and transactions. */
function isHeard(runner: SqliteRunner, method: string | symbol, [first]: unknown[]): boolean {
  const event = String(method === 'broadcast' ? first : method)
  return dataSourceOf(runner).subscribers.length > 0 || !/Query|Transaction/.test(event)
}

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { StorageError } from '../errors/index.js'
import type { Database } from '../runner/database.js'
import { missingEntity } from '../runner/missing-entity.js'
import { asStorageError } from '../runner/storage-error.js'
import type { LockStatements } from '../sql/lock-statements.js'
import type { Statement } from '../sql/statement.js'
import type { Deadline } from './deadline.js'

/** Pauses between two questions to the database: the second one comes soon, later ones do not crowd it. */
const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 100

/** How long the database may take to answer, even if the time for waiting is over. */
const ANSWER_MS = 1_000

/**
 * One owner's locks in the lock table, renewed until they are given back. `signal` is aborted when they may belong to
 * somebody else: a renewal found one of them gone, or none has got through for as long as a lease lasts.
 *
 * Every statement runs by itself on a connection from the pool; none is held while work runs.
 */
export class Lease {
  private readonly owner = randomUUID()
  private readonly lost = new AbortController()
  private readonly keys: string[] = []
  private renewal: NodeJS.Timeout | undefined
  private expiry: NodeJS.Timeout | undefined
  private renewing: Promise<void> = Promise.resolve()
  private ended = false

  constructor(
    private readonly database: Database,
    private readonly leaseMs: number,
  ) {}

  get signal(): AbortSignal {
    return this.lost.signal
  }

  /**
   * Waits for all locks, in the order given, and takes them. Throws `LockTimeoutError` when one is not free in
   * time; then none is held.
   */
  async take(keys: readonly string[], deadline: Deadline): Promise<void> {
    try {
      for (const key of keys) await this.takeOne(key, deadline)
      // The first one may have run out while the last one was waited for.
      this.signal.throwIfAborted()
    } catch (error) {
      await this.giveBack()
      throw error
    }
  }

  /**
   * Gives all locks back. Never fails: a lease that cannot be given back runs out, and what the work did is what
   * its caller has to hear of.
   */
  async giveBack(): Promise<void> {
    this.end()
    await this.renewing
    await this.release(this.keys)
  }

  private async takeOne(key: string, deadline: Deadline): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const asked = performance.now()
      if (await this.ask(key, deadline)) {
        this.keys.push(key)
        if (this.renewal === undefined) this.confirm(asked)
        return
      }
      if (deadline.remainingMs === 0) throw deadline.missed(key)
      // Jitter: processes that collided once should not collide again.
      await sleep(Math.min(pauseMs * (0.5 + Math.random() / 2), deadline.remainingMs))
    }
  }

  /** Whether the lock could be taken. Without an answer in time, what was asked for is given back when it comes. */
  private async ask(key: string, deadline: Deadline): Promise<boolean> {
    const answer = this.run((locks) => locks.acquire(key, this.owner, this.leaseMs))
    const patience = new AbortController()
    const silence = sleep(Math.max(deadline.remainingMs, ANSWER_MS), 'silence' as const, {
      signal: patience.signal,
    })
    try {
      const first = await Promise.race([answer, silence])
      if (first !== 'silence') return first
    } catch (error) {
      // The answer got lost; the lock may be ours.
      await this.release([key])
      throw asStorageError('read', error)
    } finally {
      patience.abort()
    }
    answer.then(() => this.release([key])).catch(() => undefined)
    throw deadline.missed(key)
  }

  /** The locks are held for as long as a lease lasts, counted from when the database was asked. */
  private confirm(asked: number): void {
    clearTimeout(this.expiry)
    const lastsMs = Math.max(0, asked + this.leaseMs - performance.now())
    this.expiry = setTimeout(() => this.lose('No renewal got through in time.'), lastsMs).unref()
    this.renewLater()
  }

  private renewLater(): void {
    this.renewal = setTimeout(() => {
      this.renewing = this.renew()
    }, this.leaseMs / 3).unref()
  }

  private async renew(): Promise<void> {
    const asked = performance.now()
    const keys = [...this.keys]
    try {
      const held = await this.run((locks) => locks.renew(keys, this.owner, this.leaseMs))
      if (this.ended) return
      if (held === keys.length) this.confirm(asked)
      else this.lose('Their time ran out, and somebody else may have taken them.')
    } catch {
      // The next one may get through; if none does, the lease runs out.
      if (!this.ended) this.renewLater()
    }
  }

  private lose(reason: string): void {
    this.end()
    const problem = `The leases of ${this.keys.join(', ')} are no longer held. ${reason} Load again and decide again.`
    this.lost.abort(new StorageError('lock', problem, true, 'not-written'))
  }

  private end(): void {
    this.ended = true
    clearTimeout(this.renewal)
    clearTimeout(this.expiry)
  }

  private async release(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    await this.run((locks) => locks.release(keys, this.owner)).catch(() => undefined)
  }

  private run<Result>(statement: (locks: LockStatements) => Statement<Result>): Promise<Result> {
    return this.database.connectAnew((connection) => {
      const { locks } = connection.statements
      if (locks === undefined) throw missingEntity('aggregate_locks', 'AggregateLock')
      return connection.run(statement(locks))
    })
  }
}

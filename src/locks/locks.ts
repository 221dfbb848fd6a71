import type { DataSource } from 'typeorm'
import { InvalidArgumentError } from '../errors/index.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { Database } from '../runner/database.js'
import type { Host } from '../runner/host.js'
import { Deadline } from './deadline.js'
import { Hold } from './hold.js'
import { AsyncScope } from '../runner/async-scope.js'
import { KeyedLocks } from '../runner/keyed-locks.js'
import { Lease } from './lease.js'
import { lockKeysOf } from './lock-key.js'
import { resolveLockOptions } from './lock-options.js'
import type { LockOptions } from './lock-options.js'

/** What is done under a lock. The signal is aborted when the lock may belong to somebody else. */
export type LockedWork<Result> = (signal: AbortSignal) => Promise<Result>

/** What all stores of one DataSource share. */
interface ProcessLocks {
  readonly free: KeyedLocks
  /** What the code that asks runs inside of. */
  readonly around: AsyncScope<Hold>
}

const shared = new WeakMap<DataSource, ProcessLocks>()

/** Exclusive work on streams, for callers who would rather wait than retry. */
export class Locks {
  private readonly local: ProcessLocks

  constructor(private readonly database: Database) {
    const known = shared.get(database.dataSource)
    this.local = known ?? { free: new KeyedLocks(), around: new AsyncScope() }
    if (known === undefined) shared.set(database.dataSource, this.local)
  }

  /**
   * Runs `work` while nobody else holds the lock of any of these streams, and gives what it gives. Locks are taken in one
   * order whatever order they are named in, and given back when the work has ended, however it ended. Asked for
   * again inside the work, a lock is not waited for.
   *
   * Throws `LockTimeoutError`, with the work not begun, if a lock is not free in time.
   */
  async withLock<Result>(
    host: Host | undefined,
    streams: readonly StreamIdentity[],
    work: LockedWork<Result>,
    options: LockOptions,
  ): Promise<Result> {
    const { across, timeoutMs, leaseMs } = resolveLockOptions(options)
    if (across === 'processes') this.assertOutside(host)
    const keys = lockKeysOf(streams)
    const deadline = new Deadline(timeoutMs)
    const giveBack = await this.takeTurns(keys, deadline)
    try {
      if (across === 'process') return await this.inside(keys, undefined, work)
      const lease = new Lease(this.database, leaseMs)
      const around = this.local.around.getStore()
      // In this process only the holder of a turn asks the database.
      await lease.take(
        keys.filter((key) => !Hold.isLeased(key, around)),
        deadline,
      )
      try {
        return await this.inside(keys, lease, work)
      } finally {
        await lease.giveBack()
      }
    } finally {
      giveBack()
    }
  }

  /** Resolves with the function that gives back what was taken in this process. */
  private async takeTurns(keys: readonly string[], deadline: Deadline): Promise<() => void> {
    const taken: (() => void)[] = []
    const giveBack = (): void => taken.reverse().forEach((release) => release())
    try {
      for (const key of keys) taken.push(await this.takeTurn(key, deadline))
    } catch (error) {
      giveBack()
      throw error
    }
    return giveBack
  }

  private async takeTurn(key: string, deadline: Deadline): Promise<() => void> {
    for (;;) {
      const hold = Hold.of(key, this.local.around.getStore())
      const turns = hold === undefined ? this.local.free : hold.turns
      const release = await turns.acquire(key, deadline.remainingMs, () => deadline.missed(key))
      if (hold === undefined || hold.active) return release
      // The work around ended before the code that it left behind got its turn.
      release()
    }
  }

  private async inside<Result>(
    keys: readonly string[],
    lease: Lease | undefined,
    work: LockedWork<Result>,
  ): Promise<Result> {
    const around = Hold.active(this.local.around.getStore())
    const signals = [around, lease].flatMap((holder) => holder?.signal ?? [])
    const hold = new Hold(keys, lease !== undefined, AbortSignal.any(signals), around)
    try {
      return await this.local.around.run(hold, () => work(hold.signal))
    } finally {
      hold.active = false
    }
  }

  /** A lock that is given back before the transaction around it commits keeps nobody from what it wrote. */
  private assertOutside(host: Host | undefined): void {
    if (!this.database.joins(host)) return
    throw new InvalidArgumentError(
      `withLock() across processes cannot begin inside a transaction: the lock would be given back before the transaction ` +
        `commits, and waiting for it would hold the transaction open. Begin the transaction inside the lock.`,
    )
  }
}

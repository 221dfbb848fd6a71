import { FifoLock } from './fifo-lock.js'

/** A lock for each key, each granted in the order of asking. Keys that nobody asks for take no memory. */
export class KeyedLocks {
  private readonly entries = new Map<string, { readonly lock: FifoLock; users: number }>()

  /** How many keys are held or waited for. */
  get size(): number {
    return this.entries.size
  }

  /**
   * Resolves with the function that releases the lock. Without the lock after `timeoutMs`, rejects with the error
   * that `onTimeout` makes.
   */
  async acquire(key: string, timeoutMs: number, onTimeout: () => Error): Promise<() => void> {
    const entry = this.entries.get(key) ?? { lock: new FifoLock(), users: 0 }
    this.entries.set(key, entry)
    entry.users++
    const leave = (): void => {
      if (--entry.users === 0) this.entries.delete(key)
    }
    try {
      const release = await entry.lock.acquire(timeoutMs, onTimeout)
      let released = false
      return () => {
        if (released) return
        released = true
        release()
        leave()
      }
    } catch (error) {
      leave()
      throw error
    }
  }
}

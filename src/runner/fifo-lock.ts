/** One holder at a time, in the order of asking. */
export class FifoLock {
  private held = false
  private readonly waiting: (() => void)[] = []

  /**
   * Resolves with the function that releases the lock. Without the lock after `timeoutMs`, rejects with the
   * error that `onTimeout` makes.
   */
  async acquire(timeoutMs?: number, onTimeout?: () => Error): Promise<() => void> {
    if (this.held) await this.turn(timeoutMs, onTimeout)
    return this.hold()
  }

  /** The function that releases the lock, if it was free. */
  acquireNow(): (() => void) | undefined {
    return this.held ? undefined : this.hold()
  }

  private hold(): () => void {
    this.held = true
    let released = false
    return () => {
      if (released) return
      released = true
      const next = this.waiting.shift()
      if (next === undefined) this.held = false
      else next()
    }
  }

  private turn(timeoutMs: number | undefined, onTimeout: (() => Error) | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (timeoutMs === undefined || onTimeout === undefined) {
        this.waiting.push(resolve)
        return
      }
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(granted), 1)
        reject(onTimeout())
      }, timeoutMs)
      const granted = (): void => {
        clearTimeout(timer)
        resolve()
      }
      this.waiting.push(granted)
    })
  }
}

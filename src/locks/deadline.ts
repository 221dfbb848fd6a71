import { LockTimeoutError } from '../errors/index.js'

/** Until when to wait for locks, however many there are. */
export class Deadline {
  private readonly endsAt: number

  constructor(private readonly timeoutMs: number) {
    this.endsAt = performance.now() + timeoutMs
  }

  get remainingMs(): number {
    return Math.max(0, this.endsAt - performance.now())
  }

  /** The error for the lock that was not free in time. */
  missed(key: string): LockTimeoutError {
    return new LockTimeoutError(key, this.timeoutMs)
  }
}

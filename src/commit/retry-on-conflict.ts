import { setTimeout as sleep } from 'node:timers/promises'
import { SourcedError } from '../errors/index.js'
import type { Database } from '../runner/database.js'
import { faultOf } from '../runner/fault.js'
import type { Host } from '../runner/host.js'

/** How often and how patiently to run work again. */
export interface RetryPolicy {
  /** How often the work runs at most, the first time included. @defaultValue 10 */
  readonly attempts?: number
  /** The longest pause before the second attempt; doubled before each further one. @defaultValue 5 */
  readonly firstDelayMs?: number
  /** The longest pause at all. @defaultValue 250 */
  readonly maxDelayMs?: number
}

/**
 * Runs work that loads, decides and commits, and runs it again when it lost against another writer or met a
 * transient fault of the database. Other errors pass at once, and so does every error inside a host's
 * transaction, which only its host can run again.
 */
export async function retryOnConflict<Result>(
  database: Database,
  host: Host | undefined,
  work: (attempt: number) => Promise<Result>,
  { attempts = 10, firstDelayMs = 5, maxDelayMs = 250 }: RetryPolicy,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    if (database.joins(host)) return work(attempt)
    try {
      return await work(attempt)
    } catch (error) {
      if (attempt >= attempts || !isRetryable(error) || database.wasRaisedInside(error)) throw error
    }
    // Full jitter: writers that collided once should not collide again.
    await sleep(Math.random() * Math.min(firstDelayMs * 2 ** (attempt - 1), maxDelayMs))
  }
}

/** Errors of the host's own statements count too: a serialization failure is one wherever it happens. */
function isRetryable(error: unknown): boolean {
  if (error instanceof SourcedError) return error.retryable
  const { kind } = faultOf(error)
  return kind === 'serialization' || kind === 'lock-timeout' || kind === 'busy'
}

import { assertKnown, assertMilliseconds, assertWhole } from './options.js'

/** When to try again to publish a message, and when to give up. */
export interface OutboxRetry {
  /** How often a message is tried before it is `failed`. @defaultValue 10 */
  readonly maxAttempts?: number
  /** The longest pause after the first attempt; doubled after each further one. @defaultValue 1000 */
  readonly firstDelayMs?: number
  /** The longest pause at all. @defaultValue 300000 */
  readonly maxDelayMs?: number
}

/** The same with every default filled in. */
export interface ResolvedOutboxRetry {
  readonly maxAttempts: number
  /** The pause after an attempt that failed; `undefined` if it was the last. */
  delayAfter(attempt: number): number | undefined
}

/** Fills in defaults; refuses unknown options and impossible values. */
export function resolveOutboxRetry(of: string, retry: OutboxRetry = {}): ResolvedOutboxRetry {
  assertKnown(of, retry, ['maxAttempts', 'firstDelayMs', 'maxDelayMs'])
  const { maxAttempts = 10, firstDelayMs = 1_000, maxDelayMs = 300_000 } = retry
  assertWhole('maxAttempts', maxAttempts, 1)
  assertMilliseconds('firstDelayMs', firstDelayMs)
  assertMilliseconds('maxDelayMs', maxDelayMs)
  return {
    maxAttempts,
    delayAfter(attempt) {
      if (attempt >= maxAttempts) return undefined
      const longest = Math.min(firstDelayMs * 2 ** (attempt - 1), maxDelayMs)
      // Jitter: messages that failed together should not all come back together.
      return Math.round(longest * (0.5 + Math.random() / 2))
    },
  }
}

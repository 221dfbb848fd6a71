import { setTimeout as sleep } from 'node:timers/promises'
import { ConcurrentWriteError, SourcedError } from '../errors/index.js'
import type { Database } from '../runner/database.js'
import type { KeyedLocks } from '../runner/keyed-locks.js'
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

/** How long a caller waits for its turn on a stream. One whose turn ends late, or never, must not stop others for good. */
const TURN_MS = 2_000

/** How often a caller may lose in its turn, against first attempts of others, before it pauses. */
const LOSSES_IN_TURN = 3

/**
 * Runs work that loads, decides and commits, and runs it again when it lost against another writer or met a
 * transient fault of the database. Other errors pass at once, and so does every error inside a host's
 * transaction, which only its host can run again.
 *
 * `turns`: callers of this process that lost a stream take turns on it instead of colliding again. `streamId`: the stream
 * that the work will write, on which it waits for its turn before it runs at all.
 */
export async function retryOnConflict<Result>(
  { database, turns }: { readonly database: Database; readonly turns: KeyedLocks },
  host: Host | undefined,
  work: (attempt: number) => Promise<Result>,
  { attempts = 10, firstDelayMs = 5, maxDelayMs = 250 }: RetryPolicy,
  streamId?: string,
): Promise<Result> {
  let turn = streamId === undefined || database.joins(host) ? undefined : await takeTurn(turns, streamId)
  try {
    for (let attempt = 1; ; attempt++) {
      const joined = database.joins(host)
      try {
        return await work(attempt)
      } catch (error) {
        if (joined || attempt >= attempts || !isRetryable(error) || database.wasRaisedInside(error))
          throw error
        const lost = error instanceof ConcurrentWriteError ? error.streamId : undefined
        if (lost !== undefined && turn?.streamId === lost) {
          turn.losses++
        } else {
          turn?.end()
          turn = lost === undefined ? undefined : await takeTurn(turns, lost)
        }
      }
      if (turn !== undefined && turn.losses < LOSSES_IN_TURN) continue
      // Lost in its turn, again and again, against somebody who takes none: another process. Full jitter: writers that
      // collided once should not collide again.
      await sleep(Math.random() * Math.min(firstDelayMs * 2 ** (attempt - 1), maxDelayMs))
    }
  } finally {
    turn?.end()
  }
}

interface Turn {
  readonly streamId: string
  losses: number
  end(): void
}

/** After too long a wait, none. */
async function takeTurn(turns: KeyedLocks, streamId: string): Promise<Turn | undefined> {
  const tooLate = new Error('no turn')
  try {
    return { streamId, losses: 0, end: await turns.acquire(streamId, TURN_MS, () => tooLate) }
  } catch (error) {
    if (error === tooLate) return undefined
    throw error
  }
}

/** Errors of the host's own statements count too: a serialization failure is one wherever it happens. */
function isRetryable(error: unknown): boolean {
  if (error instanceof SourcedError) return error.retryable
  const { kind } = faultOf(error)
  return kind === 'serialization' || kind === 'lock-timeout' || kind === 'busy'
}

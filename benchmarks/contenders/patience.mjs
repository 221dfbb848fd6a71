import { setTimeout as sleep } from 'node:timers/promises'

const LONGEST_MS = 20

/** For contenders without retries of their own: without pauses that differ, many callers keep colliding. */
export function pauseAfterConflict() {
  return sleep(Math.random() * LONGEST_MS)
}

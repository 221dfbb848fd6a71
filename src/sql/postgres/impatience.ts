import type { Statement } from '../statement.js'
import { COMMIT_MARK } from './commit-mark.js'

/** SQL that has whatever waits for a lock from now on fail after 100 ms, until the transaction ends. */
export const GIVE_UP_SOON = `set_config('lock_timeout', '100ms', true)`

/** The same as a statement that goes ahead of others. */
export const impatience: Statement<void> = {
  operation: 'set lock timeout',
  text: `${COMMIT_MARK} select ${GIVE_UP_SOON}`,
  parameters: [],
  decode: () => undefined,
}

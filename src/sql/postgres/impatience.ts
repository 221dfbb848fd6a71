import type { Statement } from '../statement.js'
import { COMMIT_MARK } from './commit-mark.js'

/** Has the other statements of the transaction fail when they wait for a lock for longer than 100 ms. */
export const impatience: Statement<void> = {
  operation: 'set lock timeout',
  text: `${COMMIT_MARK} select set_config('lock_timeout', '100ms', true)`,
  parameters: [],
  decode: () => undefined,
}

import type { Statement } from '../statement.js'

/** Has the other statements of the transaction fail when they wait for a lock for longer than 100 ms. */
export const impatience: Statement<void> = {
  operation: 'set lock timeout',
  text: `select set_config('lock_timeout', '100ms', true)`,
  parameters: [],
  decode: () => undefined,
}

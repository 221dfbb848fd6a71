import type { Statement } from '../statement.js'

/** Fails if the current transaction was aborted by an earlier error: COMMIT would roll it back without a word. */
export const probeTransaction: Statement<void> = {
  operation: 'commit',
  text: 'select 1',
  parameters: [],
  decode: () => undefined,
}

import type { Statement } from '../statement.js'
import type { Isolation } from '../statements.js'

/** Whether each statement of the current transaction sees what was committed before it. */
export function isolation(): Statement<Isolation> {
  return {
    operation: 'read isolation level',
    text: `select current_setting('transaction_isolation') as isolation`,
    parameters: [],
    decode: ([row]) => (String(row?.['isolation']).startsWith('read') ? 'fresh' : 'fixed'),
  }
}

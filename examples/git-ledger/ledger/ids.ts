import { createHash } from 'node:crypto'
import type { ImportedHistory } from './imported-history.js'

/** The longest id that a stream can have, in characters. */
const LONGEST = 255

/** Sets the ledger of one repository apart from all others in the same database. */
export function ledgerOf(history: ImportedHistory): string {
  return `${history.aggregateId}-${history.generation}`
}

/** The id of a file or contributor: the name itself if it fits, otherwise its hash. */
export function idOf(ledger: string, name: string): string {
  const id = `${ledger}/${name}`
  return Array.from(id).length <= LONGEST
    ? id
    : `${ledger}#${createHash('sha256').update(name).digest('hex')}`
}

import type { Statement } from '../statement.js'

/** The id of the open transaction, by which the server can be asked later how it ended. */
export function transactionId(): Statement<string> {
  return {
    operation: 'read transaction id',
    text: 'select pg_current_xact_id()::text as id',
    parameters: [],
    decode: ([row]) => String(row?.['id']),
  }
}

/** How a transaction ended: `committed`, `aborted`, `in progress`, or `undefined` if the server does not remember. */
export function transactionStatus(id: string): Statement<string | undefined> {
  return {
    operation: 'read transaction status',
    text: 'select pg_xact_status($1::text::xid8) as status',
    parameters: [id],
    decode: ([row]) => (row?.['status'] as string | null) ?? undefined,
  }
}

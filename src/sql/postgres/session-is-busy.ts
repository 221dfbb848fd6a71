import type { Statement } from '../statement.js'

/** Whether a database session that lost its client is still working on a statement. */
export function sessionIsBusy(session: number): Statement<boolean> {
  return {
    operation: 'look for a lost session',
    text: `select 1 from pg_stat_activity
where pid = $1::int and datname = current_database() and state is distinct from 'idle' and pid <> pg_backend_pid()`,
    parameters: [session],
    decode: (rows) => rows.length > 0,
  }
}

import type { Statement } from '../statement.js'
import { COMMIT_MARK } from './commit-mark.js'

/**
 * The commits of this login's other sessions that have not ended, each named by its transaction, so that a later one of the
 * same session differs. A session that may not be looked at counts: it may be one.
 */
export function commitsUnderWay(): Statement<ReadonlySet<string>> {
  return {
    operation: 'look for commits under way',
    text: `select pid || ' ' || backend_start || ' ' || coalesce(xact_start, query_start) as commit
from pg_stat_activity
where datname = current_database() and usename = session_user and pid <> pg_backend_pid()
  and (state is null or (
    state <> 'idle' and (starts_with(query, $1) or query ilike 'commit%' or (state = 'active' and query ilike 'begin%'))
  ))`,
    parameters: [COMMIT_MARK],
    decode: (rows) => new Set(rows.map((row) => row['commit'] as string)),
  }
}

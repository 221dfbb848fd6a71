/**
 * SQL for a column that has the statement fail unless a condition holds: for statements that are sent together with
 * COMMIT, whose answer comes too late to change anything. Not a constant, which the planner would look at too early.
 */
export function failUnless(condition: string, problem = 'another writer was faster'): string {
  return `case when ${condition} then 0 else ('typeorm-sourced: ${problem}' || left(now()::text, 0))::int end`
}

import type { RowColumn, RowTable } from './row-table.js'

/**
 * What an insert does with a row that exists, the same in both dialects. A replaced row gets the default of every column that
 * the new one leaves out.
 */
export function replaceText(
  table: RowTable,
  effect: 'upsert' | 'recreate' | 'upsertPatch',
  columns: readonly RowColumn[],
): string {
  const replaced = table.columns.filter(
    (column) =>
      (effect === 'recreate' && !column.isKey && column.role !== 'version' && column.writable !== 'never') ||
      (column.role === 'updated' && column.writable !== 'never') ||
      (column.writable === 'always' &&
        (columns.includes(column) || (effect === 'upsert' && column.role === 'data'))),
  )
  const sets = replaced.map(({ name }) => `${name} = excluded.${name}`)
  if (table.version !== undefined) sets.push(`${table.version.name} = t.${table.version.name} + 1`)
  return sets.length === 0 ? 'do nothing' : `do update set ${sets.join(', ')}`
}

import { decodeInteger } from '../decode.js'
import { replaceText } from '../replace-text.js'
import type { RowStatements } from '../row-statements.js'
import type { RowColumn, RowEffect, RowTable, RowWrite } from '../row-table.js'

/**
 * Rows travel as one JSON parameter: an array a row, the key first. The texts begin in lower case on purpose: for
 * those that begin with INSERT, UPDATE or DELETE the sqlite3 driver returns no rows.
 */
export const rowStatements: RowStatements = {
  write: (table, effect, columns, rows) => ({
    operation: `write ${table.tablePath}`,
    text: `${writeText(table, effect, columns)} returning 1 as written`,
    parameters: [rowsParameter(table, columns, rows)],
    decode: (written) => written.length,
  }),
  lock: (table, rows) => ({
    operation: `read ${table.tablePath}`,
    // The cross join keeps SQLite from going through the whole table once for every row.
    text: `select v.key as nth, ${table.version === undefined ? 'null' : `t.${table.version.name}`} as version
from json_each(?) v cross join ${table.table} t on ${sameKey(table)}`,
    parameters: [rowsParameter(table, [], rows)],
    decode: (found) =>
      new Map(
        found.map(({ nth, version }) => [
          decodeInteger(nth),
          version === null ? undefined : decodeInteger(version),
        ]),
      ),
  }),
}

function writeText(table: RowTable, effect: RowEffect, columns: readonly RowColumn[]): string {
  switch (effect) {
    case 'insert':
      return `${insertText(table, columns)} on conflict (${names(table.key)}) do nothing`
    case 'upsert':
    case 'recreate':
    case 'upsertPatch':
      return `${insertText(table, columns)} on conflict (${names(table.key)}) ${replaceText(table, effect, columns)}`
    case 'patch':
      return `update ${table.table} as t set ${patchText(table, columns)} from json_each(?) v
where ${sameKey(table)}${sameVersion(table)}`
    case 'delete': {
      const keys = table.key.map(({ name }) => `t.${name}`).join(', ')
      return `delete from ${table.table} where (${names(table.key)}) in (
  select ${keys} from json_each(?) v cross join ${table.table} t on ${sameKey(table)}${sameVersion(table)}
)`
    }
  }
}

function insertText(table: RowTable, columns: readonly RowColumn[]): string {
  const all = [...table.key, ...columns]
  const version = table.version === undefined ? '' : `, ${table.version.name}`
  const first = table.version === undefined ? '' : ', 1'
  // "where true" keeps SQLite from taking the conflict clause for a join condition.
  return `insert into ${table.table} as t (${names(all)}${version})
select ${all.map((column, index) => member(column, index)).join(', ')}${first} from json_each(?) v where true order by v.key`
}

function patchText(table: RowTable, columns: readonly RowColumn[]): string {
  const sets = columns.map((column, index) => `${column.name} = ${member(column, table.key.length + index)}`)
  for (const column of table.columns) {
    if (column.role === 'updated' && !columns.includes(column)) sets.push(`${column.name} = datetime('now')`)
  }
  if (table.version !== undefined) sets.push(`${table.version.name} = t.${table.version.name} + 1`)
  return sets.join(', ')
}

function sameKey({ key }: RowTable): string {
  return key.map((column, index) => `t.${column.name} = ${member(column, index)}`).join(' and ')
}

/** The version that a row expects is its last member, null if it expects none. */
function sameVersion({ version }: RowTable): string {
  return version === undefined
    ? ''
    : ` and (v.value ->> '$[#-1]' is null or t.${version.name} = v.value ->> '$[#-1]')`
}

function member({ form }: RowColumn, index: number): string {
  return form === 'bytes' ? `unhex(v.value ->> ${index})` : `v.value ->> ${index}`
}

function names(columns: readonly RowColumn[]): string {
  return columns.map(({ name }) => name).join(', ')
}

function rowsParameter(table: RowTable, columns: readonly RowColumn[], rows: readonly RowWrite[]): string {
  const all = [...table.key, ...columns]
  return JSON.stringify(
    rows.map(({ values, expectedVersion }) => [
      ...all.map((column) => values.get(column) ?? null),
      expectedVersion ?? null,
    ]),
  )
}

import { decodeInteger } from '../decode.js'
import { COMMIT_MARK } from './commit-mark.js'
import { failUnless } from './fail-unless.js'
import { replaceText } from '../replace-text.js'
import type { RowStatements } from '../row-statements.js'
import type { EncodedValue, RowColumn, RowEffect, RowTable, RowWrite } from '../row-table.js'

/**
 * Rows travel as one JSON parameter, which json_populate_recordset turns into rows of the table's own type: every
 * column type, also enums and arrays of the host's, is read by the database's own rules.
 */
export const rowStatements: RowStatements = {
  write: (table, effect, columns, rows, orFail) => {
    const isCounted = effect === 'insert' || effect === 'patch' || effect === 'delete'
    const mustFail = orFail && isCounted
    const text = writeText(table, effect, columns)
    return {
      operation: `write ${table.tablePath}`,
      // What writes every row whatever it finds need not count them, which takes a tenth of its time.
      text: isCounted
        ? `${COMMIT_MARK} with written as (\n  ${text}\n  returning 1\n)\nselect count(*) as written${mustFail ? `, ${failUnless('count(*) = $2::int')}` : ''} from written`
        : `${COMMIT_MARK} ${text}`,
      parameters: [rowsParameter(table, columns, rows), ...(mustFail ? [rows.length] : [])],
      decode: ([row]) => (isCounted ? decodeInteger(row?.['written']) : rows.length),
    }
  },
  lock: (table, rows) => ({
    operation: `read ${table.tablePath}`,
    text: `${COMMIT_MARK} select v.typeorm_sourced_nth as nth, ${table.version === undefined ? 'null' : `t.${table.version.name}`} as version
from (
  select row_number() over () as typeorm_sourced_nth, r.* from json_populate_recordset(null::${table.rowType}, $1::json) r
) v
join ${table.table} as t on ${sameKey(table)}
order by v.typeorm_sourced_nth for update of t`,
    parameters: [rowsParameter(table, [], rows)],
    decode: (found) =>
      new Map(
        found.map(({ nth, version }) => [
          decodeInteger(nth) - 1,
          version === null ? undefined : decodeInteger(version),
        ]),
      ),
  }),
}

function writeText(table: RowTable, effect: RowEffect, columns: readonly RowColumn[]): string {
  switch (effect) {
    case 'insert':
      return `${insertText(table, columns)}\n  on conflict (${names(table.key)}) do nothing`
    case 'upsert':
    case 'recreate':
    case 'upsertPatch':
      return `${insertText(table, columns)}\n  on conflict (${names(table.key)}) ${replaceText(table, effect, columns)}`
    case 'patch':
      return `update ${table.table} as t set ${patchText(table, columns)} from ${recordset(table)}
  where ${sameKey(table)}${sameVersion(table)}`
    case 'delete':
      return `delete from ${table.table} as t using ${recordset(table)} where ${sameKey(table)}${sameVersion(table)}`
  }
}

function insertText(table: RowTable, columns: readonly RowColumn[]): string {
  const all = [...table.key, ...columns]
  const version = table.version === undefined ? '' : `, ${table.version.name}`
  const first = table.version === undefined ? '' : ', 1'
  return `insert into ${table.table} as t (${names(all)}${version})
  select ${all.map(({ name }) => `v.${name}`).join(', ')}${first} from ${recordset(table)}`
}

function patchText(table: RowTable, columns: readonly RowColumn[]): string {
  const sets = columns.map(({ name }) => `${name} = v.${name}`)
  for (const column of table.columns) {
    if (column.role === 'updated' && !columns.includes(column)) sets.push(`${column.name} = now()`)
  }
  if (table.version !== undefined) sets.push(`${table.version.name} = t.${table.version.name} + 1`)
  return sets.join(', ')
}

function recordset(table: RowTable): string {
  return `json_populate_recordset(null::${table.rowType}, $1::json) as v`
}

function sameKey({ key }: RowTable): string {
  return key.map(({ name }) => `t.${name} = v.${name}`).join(' and ')
}

/** A row that expects no version carries none. */
function sameVersion({ version }: RowTable): string {
  return version === undefined
    ? ''
    : ` and (v.${version.name} is null or t.${version.name} = v.${version.name})`
}

function names(columns: readonly RowColumn[]): string {
  return columns.map(({ name }) => name).join(', ')
}

function rowsParameter(table: RowTable, columns: readonly RowColumn[], rows: readonly RowWrite[]): string {
  const all = [...table.key, ...columns]
  const version = table.version === undefined ? undefined : JSON.stringify(table.version.databaseName)
  const labels = all.map(({ databaseName }) => JSON.stringify(databaseName))
  const texts = rows.map(({ values, expectedVersion }) => {
    const members = all.map(
      (column, index) => `${labels[index]!}:${jsonOf(column, values.get(column) ?? null)}`,
    )
    if (version !== undefined && expectedVersion !== undefined) members.push(`${version}:${expectedVersion}`)
    return `{${members.join(',')}}`
  })
  return `[${texts.join(',')}]`
}

/** A value as JSON text. */
export function jsonOf({ form }: Pick<RowColumn, 'form'>, value: EncodedValue): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return form === 'json' ? value : JSON.stringify(value)
}

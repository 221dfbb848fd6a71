import type { EncodedValue } from '../../model/encoded-value.js'
import { literal } from '../tables.js'
import type { EventTable } from '../tables.js'
import { CHECKED_EVENT_NAME } from '../../model/stored.js'
import type { OwnColumns, OwnFilter } from '../own-columns.js'
import { jsonOf } from './rows.js'

/** `, $11::"pg_catalog"."uuid", …`: values as plain parameters, from the number `first`. */
export function ownParameters({ filled }: OwnColumns, first: number): string {
  return filled.map(({ type }, index) => `, $${first + index}::${type}`).join('')
}

/** `, own_1 "pg_catalog"."uuid", …`: for the record that `json_to_recordset` reads. */
export function ownDefinitions({ filled }: OwnColumns): string {
  return filled.map(({ label, type }) => `, ${label} ${type}`).join('')
}

/** `, own_1, …`: for the names of such a record's columns. */
export function ownLabels({ filled }: OwnColumns): string {
  return filled.map(({ label }) => `, ${label}`).join('')
}

/** `, event.own_1, …`: the values of such a record. */
export function ownValues({ filled }: OwnColumns, record: string): string {
  return filled.map(({ label }) => `, ${record}.${label}`).join('')
}

/**
 * The same for events of which some are placeholders. Those get the value of their stream's last event where a column
 * needs one and the host gave none: `version` is that event's sequence.
 */
export function ownValuesOrLast(e: EventTable, record: string, stream: string): string {
  const last = (name: string): string => `(
    select l.${name} from ${e.table} l
    where l.${e.aggregateType} = ${stream}.type and l.${e.aggregateId} = ${stream}.id and l.${e.sequence} = ${stream}.version
  )`
  return e.own.filled
    .map(({ name, label, nullable }) =>
      nullable
        ? `, ${record}.${label}`
        : `, case when ${record}.${label} is null and ${record}.name = ${literal(CHECKED_EVENT_NAME)} then ${last(name)}
    else ${record}.${label} end`,
    )
    .join('')
}

/** `{"own_1":"acme",…}`: the values of one row, as JSON that such a record is read from. */
export function ownRecord(own: OwnColumns, values: readonly EncodedValue[]): string {
  return `{${ownMembers(own, values).slice(1)}}`
}

/** `,"own_1":"acme",…`: the same for the end of a record with more in it. */
export function ownMembers({ filled }: OwnColumns, values: readonly EncodedValue[]): string {
  return filled.map((column, index) => `,"${column.label}":${jsonOf(column, values[index] ?? null)}`).join('')
}

/** The conditions on columns of the host's, each with its parameter's number from `first`, and the parameters. */
export function ownConditions(
  { read }: OwnColumns,
  filters: readonly OwnFilter[],
  alias: string,
  first: number,
): { readonly text: string; readonly parameters: readonly EncodedValue[] } {
  const parameters: EncodedValue[] = []
  const conditions = filters.map(({ label, values }) => {
    const { name, type } = read.find((column) => column.label === label)!
    const column = `${alias}.${name}`
    if (values === null) return ` and ${column} is null`
    const parameter = `$${first + parameters.length}`
    if (!Array.isArray(values)) {
      parameters.push(values)
      // Plain equality keeps the order of an index over the column and the position, which a list does not.
      return ` and ${column} = ${parameter}::${type}`
    }
    const some = (values as readonly EncodedValue[]).filter((value) => value !== null)
    parameters.push(some)
    const isOneOf = `${column} = any(${parameter}::${type}[])`
    return some.length === values.length ? ` and ${isOneOf}` : ` and (${isOneOf} or ${column} is null)`
  })
  return { text: conditions.join(''), parameters }
}

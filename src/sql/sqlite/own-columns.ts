import type { EncodedValue } from '../../model/encoded-value.js'
import type { OwnColumns, OwnFilter } from '../own-columns.js'

/** `, new.value ->> 8, …`: the members of a JSON array from the place `first`. */
export function ownMembers({ filled }: OwnColumns, array: string, first: number): string {
  return filled
    .map(({ form }, index) => {
      const member = `${array} ->> ${first + index}`
      return form === 'bytes' ? `, unhex(${member})` : `, ${member}`
    })
    .join('')
}

/** `, ?, unhex(?), …`: values as plain parameters. */
export function ownParameters({ filled }: OwnColumns): string {
  return filled.map(({ form }) => (form === 'bytes' ? ', unhex(?)' : ', ?')).join('')
}

/** As such parameters: SQLite knows no truth, and its drivers none either. */
export function plainValues(values: readonly EncodedValue[]): readonly EncodedValue[] {
  return values.map((value) => (typeof value === 'boolean' ? Number(value) : value))
}

/** The conditions on columns of the host's, and their parameters in order. */
export function ownConditions(
  { read }: OwnColumns,
  filters: readonly OwnFilter[],
  alias: string,
): { readonly text: string; readonly parameters: readonly EncodedValue[] } {
  const parameters: EncodedValue[] = []
  const conditions = filters.map(({ label, values }) => {
    const column = `${alias}.${read.find((own) => own.label === label)!.name}`
    if (values === null) return ` and ${column} is null`
    if (!Array.isArray(values)) {
      parameters.push(values)
      return ` and ${column} = ?`
    }
    parameters.push(JSON.stringify(values))
    const isOneOf = `${column} in (select value from json_each(?))`
    return values.includes(null) ? ` and (${isOneOf} or ${column} is null)` : ` and ${isOneOf}`
  })
  return { text: conditions.join(''), parameters }
}

import type { EncodedValue } from '../model/encoded-value.js'
import type { RowColumn } from './row-table.js'
import type { Row } from './statement.js'

/** A column that the host's entity adds to a table of the module's. */
export interface OwnColumn {
  /** Quoted, for SQL. */
  readonly name: string
  /** What statements call its values; never the name of a column. */
  readonly label: string
  /** Its type with its schema, as the database calls it; only Postgres needs it. */
  readonly type: string
  readonly nullable: boolean
  readonly form: RowColumn['form']
}

/** What a host added to one table, for the statements over it. */
export interface OwnColumns {
  /** Those that statements fill, in the order of the encoded values. */
  readonly filled: readonly OwnColumn[]
  /** Those that statements read. */
  readonly read: readonly OwnColumn[]
  /** Turns the columns of a row, under their labels, into what the application reads; `undefined` if there are none. */
  decode(row: Row): Readonly<Record<string, unknown>> | undefined
}

/** A condition on a column of the host's: one value, or any of several. */
export interface OwnFilter {
  readonly label: string
  readonly values: EncodedValue | readonly EncodedValue[]
}

/** A table that nobody extended. */
export const NO_OWN_COLUMNS: OwnColumns = { filled: [], read: [], decode: () => undefined }

/** `, "tenant_id", …`: for the columns of an insert, after those of the module. */
export function ownNames({ filled }: OwnColumns): string {
  return filled.map(({ name }) => `, ${name}`).join('')
}

/** `, e."tenant_id" as own_1, …`: for the end of a select list. */
export function ownSelected({ read }: OwnColumns, alias: string): string {
  return read.map(({ name, label }) => `, ${alias}.${name} as ${label}`).join('')
}

/** `, "tenant_id" = excluded."tenant_id", …`: for what an insert does with a row that exists. */
export function ownReplaced({ filled }: OwnColumns): string {
  return filled.map(({ name }) => `, ${name} = excluded.${name}`).join('')
}

import type { DataSource } from 'typeorm'
import type { Dialect } from '../../entities/index.js'
import type { EncodedValue, RowColumn } from '../sql/row-table.js'
import type { ColumnMetadata } from './row-column.js'

/** The value as the database takes it, through the column's transformer. `refuse` is told what cannot be stored. */
export function encodeColumnValue(
  { driver }: DataSource,
  dialect: Dialect,
  { isPlain }: RowColumn,
  column: ColumnMetadata,
  value: unknown,
  refuse: (what: string) => never,
): EncodedValue {
  if (typeof value === 'string' && isPlain) return value
  // Also null: a transformer may make something of it.
  const prepared: unknown = driver.preparePersistentValue(value, column)
  const encoded = encodeValue(prepared ?? null, dialect)
  return encoded === undefined ? refuse(describeValue(prepared)) : encoded
}

/** Gives `undefined` for what has no spelling in JSON that the database would read back. */
function encodeValue(value: unknown, dialect: Dialect): EncodedValue | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Date && Number.isNaN(value.getTime())) return undefined
  if (value instanceof Date) return dialect === 'postgres' ? localTime(value) : value.toISOString()
  if (value instanceof Uint8Array) {
    const hex = Buffer.from(value).toString('hex')
    return dialect === 'postgres' ? `\\x${hex}` : hex
  }
  if (!Array.isArray(value)) return undefined
  const items = value.map((item) => encodeValue(item, dialect))
  return items.some((item) => item === undefined) ? undefined : (items as EncodedValue[])
}

/** As the driver itself writes dates: local time with its offset, so that columns without time zone read back the same. */
function localTime(date: Date): string {
  const offset = -date.getTimezoneOffset()
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1)
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${local}${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`
}

/** What a value that cannot be encoded is, for errors. */
function describeValue(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'object' && value !== null
    ? `a value of class ${value.constructor.name}`
    : `a ${typeof value}`
}

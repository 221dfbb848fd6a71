import type { DataSource, EntityMetadata } from 'typeorm'
import type { Dialect } from '../../entities/index.js'
import type { InspectedColumn } from '../sql/inspected-table.js'

export type ColumnMetadata = EntityMetadata['columns'][number]

/** The type that the entity gives a column, as the database spells it: `character varying(255)`. */
export function declaredType({ driver }: DataSource, column: ColumnMetadata): string {
  const base = driver.normalizeType(column).toLowerCase()
  const size = column.length === '' ? column.precision : column.length
  if (size === undefined || size === null) return base
  const [first, ...rest] = base.split(' ')
  // The precision of a time stands in the middle: timestamp(3) with time zone.
  return base.startsWith('character') ? `${base}(${size})` : [`${first}(${size})`, ...rest].join(' ')
}

/**
 * Whether a column can hold whatever one of the declared type holds, and gives it back the same. More room is
 * no problem: text for varchar, or a finer clock.
 */
export function typeFits(dialect: Dialect, declared: string, { type }: InspectedColumn): boolean {
  const wanted = split(declared)
  const found = split(type)
  if (dialect === 'sqlite') return affinityFits(wanted.base, found.base)
  if (ROOMIER.get(wanted.base) === found.base) return true
  return wanted.base === found.base && (found.size ?? Infinity) >= (wanted.size ?? 0)
}

/** Types of Postgres that hold all that another one holds. */
const ROOMIER: ReadonlyMap<string, string> = new Map([
  ['character varying', 'text'],
  ['integer', 'bigint'],
])

/** SQLite looks for parts of a type's name only: one that contains `int` is for integers, and so on. */
function affinityFits(wanted: string, found: string): boolean {
  if (wanted === 'integer') return found.includes('int')
  if (wanted === 'text' && found === 'json') return true
  return wanted === found || /char|clob|text/.test(found)
}

function split(type: string): { base: string; size: number | undefined } {
  const size = /\((\d+)/.exec(type)?.[1]
  return {
    base: type.replace(/\s*\([^)]*\)/, '').trim(),
    size: size === undefined ? undefined : Number(size),
  }
}

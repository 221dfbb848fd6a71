import type { ColumnMetadata } from './row-column.js'

/**
 * What is wrong with a value for a column, in words that follow "the value"; `undefined` if nothing is. The value is the one
 * that the column's transformer made. Databases disagree on what they take: SQLite would store a word in a column of integers.
 */
export function problemWithValue(column: ColumnMetadata, value: unknown): string | undefined {
  if (column.isArray) {
    if (!Array.isArray(value)) return expected(column, 'an array', value)
    const problems = (value as readonly unknown[]).map((item) => problemWithItem(column, item))
    return problems.find((problem) => problem !== undefined)
  }
  return problemWithItem(column, value)
}

function problemWithItem(column: ColumnMetadata, value: unknown): string | undefined {
  if (column.enum !== undefined) {
    return column.enum.includes(value as string) ? undefined : `is none of ${column.enum.join(', ')}`
  }
  const kind = KINDS.get(typeOf(column))
  if (kind === undefined) return undefined
  if (!kind.accepts(value)) return expected(column, kind.name, value)
  return typeof value === 'string' ? problemWithText(value) : undefined
}

/** No database keeps these in a text. */
function problemWithText(value: string): string | undefined {
  if (value.includes('\0')) return 'contains a NUL character'
  return value.isWellFormed() ? undefined : 'contains half of a surrogate pair'
}

function expected(column: ColumnMetadata, kind: string, value: unknown): string {
  const found = value instanceof Date && Number.isNaN(value.getTime()) ? 'an invalid Date' : describe(value)
  return `is ${found}; a column of type ${typeOf(column)}${column.isArray ? '[]' : ''} takes ${kind}`
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : `${value}`
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  return `an object of class ${(value.constructor as { name?: string } | undefined)?.name ?? 'none'}`
}

/** The type as it was declared: TypeORM lets constructors stand for types. */
function typeOf({ type }: ColumnMetadata): string {
  return typeof type === 'function' ? type.name.toLowerCase() : String(type)
}

interface Kind {
  readonly name: string
  accepts(value: unknown): boolean
}

const text: Kind = { name: 'a string', accepts: (value) => typeof value === 'string' }
const uuid: Kind = {
  name: 'a UUID',
  accepts: (value) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value),
}
const integer: Kind = {
  name: 'a whole number',
  accepts: (value) =>
    Number.isSafeInteger(value) ||
    typeof value === 'bigint' ||
    (typeof value === 'string' && /^-?\d+$/.test(value)),
}
const decimal: Kind = {
  name: 'a number',
  accepts: (value) =>
    Number.isFinite(value) ||
    typeof value === 'bigint' ||
    (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))),
}
const boolean: Kind = { name: 'a boolean', accepts: (value) => typeof value === 'boolean' }
const time: Kind = {
  name: 'a Date or an ISO string',
  accepts: (value) =>
    (value instanceof Date || typeof value === 'string') && !Number.isNaN(new Date(value).getTime()),
}
const bytes: Kind = { name: 'a Buffer or Uint8Array', accepts: (value) => value instanceof Uint8Array }
const json: Kind = {
  name: 'JSON',
  accepts: (value) => !['bigint', 'function', 'symbol'].includes(typeof value),
}
const list: Kind = { name: 'an array', accepts: (value) => Array.isArray(value) }

/** The types that TypeORM knows on both databases; a value of any other type is for the database to judge. */
const KINDS: ReadonlyMap<string, Kind> = new Map(
  [
    [text, 'varchar', 'character varying', 'text', 'char', 'character', 'citext', 'nvarchar', 'string'],
    [uuid, 'uuid'],
    [integer, 'int', 'integer', 'int2', 'int4', 'int8', 'smallint', 'bigint', 'tinyint', 'mediumint'],
    [
      decimal,
      'number',
      'numeric',
      'decimal',
      'real',
      'float',
      'float4',
      'float8',
      'double',
      'double precision',
    ],
    [boolean, 'boolean', 'bool'],
    [time, 'date', 'datetime', 'timestamp', 'timestamptz'],
    [time, 'timestamp with time zone', 'timestamp without time zone'],
    [bytes, 'bytea', 'blob'],
    [json, 'json', 'jsonb', 'simple-json'],
    [list, 'simple-array'],
  ].flatMap(([kind, ...types]) => types.map((type) => [type as string, kind as Kind] as const)),
)

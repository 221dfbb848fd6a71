import { InvalidPayloadError } from '../errors/index.js'
import { isPlainObject } from '../model/plain-object.js'
import type { EncodedPayload } from '../model/stored.js'
import type { JsonCodec } from './codec.js'

/**
 * Deeper values are refused: SQLite's JSON functions stop at 1,000 levels, and so would every query into them.
 */
const MAX_DEPTH = 500

/** The default codec: plain JSON, exact or refused. */
export const jsonCodec: JsonCodec = {
  label: 'json',
  version: 1,
  format: 'json',
  encode: (payload) => encodeJson(payload, 'payload'),
  decode: (text) => JSON.parse(text) as unknown,
}

/**
 * Gives the JSON text of a value that reads back equal, or throws `InvalidPayloadError` with the path to what
 * would not: JSON.stringify alone turns dates into strings, NaN and functions into null, and maps into `{}`.
 * Properties that are `undefined` are left out, and a value that is `undefined` as a whole becomes `null`.
 */
export function encodeJson(value: unknown, root: string): string {
  if (value === undefined) return 'null'
  try {
    assertPlain(value, { root, path: [], above: [] }, true)
    return JSON.stringify(value)
  } catch (cause) {
    if (cause instanceof InvalidPayloadError) throw cause
    // A getter that throws, or text beyond the longest string.
    throw new InvalidPayloadError(root, 'cannot be turned into JSON text; the cause says why.', { cause })
  }
}

/**
 * The same for metadata, which Postgres keeps as `jsonb`: that type cannot hold NUL characters and halves of
 * surrogate pairs, so they are refused on every database.
 */
export function encodeMetadata(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidPayloadError('metadata', 'is not an object. Hand in a plain object.')
  }
  const text = encodeJson(value, 'metadata')
  if (MAY_NOT_FIT_JSONB.test(text)) assertStorableStrings(value, 'metadata', 'metadata')
  return text
}

/** Refuses an encoded payload that a column of type `jsonb` cannot hold, for the same reason. */
export function assertFitsJsonb({ text }: EncodedPayload): void {
  if (MAY_NOT_FIT_JSONB.test(text)) assertStorableStrings(JSON.parse(text), 'payload', 'a jsonb column')
}

const MAY_NOT_FIT_JSONB = /\\u(0000|d[89a-f])/i

interface Walk {
  readonly root: string
  readonly path: (string | number)[]
  /** The objects around the one that is looked at. */
  readonly above: object[]
}

function assertPlain(value: unknown, walk: Walk, top = false): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (Number.isFinite(value)) return
      throw refusal(walk, `is ${value}, which JSON cannot hold`)
    case 'object':
      if (value !== null) assertPlainObject(value, walk, top)
      return
    case 'undefined':
      throw refusal(walk, 'is undefined inside an array, which JSON would turn into null')
    case 'bigint':
      throw refusal(walk, 'is a BigInt. Store it as a string')
    case 'function':
    case 'symbol':
      throw refusal(walk, `is a ${typeof value}`)
  }
}

function assertPlainObject(value: object, walk: Walk, top: boolean): void {
  if (walk.above.includes(value)) throw refusal(walk, 'refers back to an object that contains it')
  if (walk.above.length >= MAX_DEPTH) throw refusal(walk, `is nested deeper than ${MAX_DEPTH} levels`)
  if ('toJSON' in value && typeof value.toJSON === 'function') throw refusal(walk, describeInstance(value))
  walk.above.push(value)
  if (Array.isArray(value)) assertItems(value, walk)
  else assertProperties(value, walk, top)
  walk.above.pop()
}

function assertItems(items: readonly unknown[], walk: Walk): void {
  if (Object.keys(items).length > items.length) throw refusal(walk, 'is an array with properties of its own')
  for (let index = 0; index < items.length; index++) {
    walk.path.push(index)
    assertPlain(items[index], walk)
    walk.path.pop()
  }
}

function assertProperties(value: object, walk: Walk, top: boolean): void {
  // An event class is allowed at the top: its name tells how to read it back. Below, nothing would.
  if (!isPlainObject(value) && (!top || isBuiltIn(value))) throw refusal(walk, describeInstance(value))
  if (Object.getOwnPropertySymbols(value).length > 0)
    throw refusal(walk, 'has a property whose key is a symbol')
  for (const key of Object.keys(value)) {
    const property = (value as Record<string, unknown>)[key]
    if (property === undefined) continue
    walk.path.push(key)
    assertPlain(property, walk)
    walk.path.pop()
  }
}

function isBuiltIn(value: object): boolean {
  return Object.prototype.toString.call(value) !== '[object Object]'
}

function describeInstance(value: object): string {
  if (value instanceof Date) return 'is a Date. Store its toISOString() and parse it when you read it'
  const name = (value.constructor as { name?: string } | undefined)?.name ?? 'unknown class'
  return `is an instance of ${name}, which would read back as something else. Store plain data, or choose a codec for it`
}

function refusal({ root, path }: Walk, problem: string): InvalidPayloadError {
  return new InvalidPayloadError(pathOf(root, path), `${problem}.`)
}

function pathOf(root: string, path: readonly (string | number)[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return /^[A-Za-z_$][\w$]*$/.test(part) ? `${text}.${part}` : `${text}[${JSON.stringify(part)}]`
  }, root)
}

function assertStorableStrings(value: unknown, path: string, holder: string): void {
  if (typeof value === 'string') {
    const problem = value.includes('\0')
      ? 'a NUL character'
      : value.isWellFormed()
        ? undefined
        : 'half of a surrogate pair'
    if (problem !== undefined) {
      throw new InvalidPayloadError(path, `contains ${problem}, which ${holder} cannot hold.`)
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      assertStorableStrings(key, `a key of ${path}`, holder)
      assertStorableStrings(inner, pathOf(path, [Array.isArray(value) ? Number(key) : key]), holder)
    }
  }
}

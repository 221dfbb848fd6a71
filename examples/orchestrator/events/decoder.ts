/** Reads a value that came from outside, and gives it its type. Throws `DecodingError` for what is not one. */
export type Decoder<T> = (value: unknown, path?: string) => T

/** What a decoder gives. */
export type Decoded<D> = D extends Decoder<infer T> ? T : never

/** A value is not what its decoder reads. The message names the place, never the value. */
export class DecodingError extends Error {
  constructor(
    readonly path: string,
    readonly problem: string,
  ) {
    super(`${path} ${problem}`)
    this.name = 'DecodingError'
  }
}

const ROOT = 'payload'

export const text: Decoder<string> = (value, path = ROOT) => {
  if (typeof value !== 'string') throw new DecodingError(path, 'is not a text')
  return value
}

/** A whole number from 0. */
export const count: Decoder<number> = (value, path = ROOT) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new DecodingError(path, 'is not a whole number from 0')
  }
  return value
}

/** What events carry that need to say nothing. */
export const nothing: Decoder<null> = (value, path = ROOT) => {
  if (value !== null) throw new DecodingError(path, 'has to be null')
  return value
}

export function oneOf<const Value extends string>(...values: readonly Value[]): Decoder<Value> {
  return (value, path = ROOT) => {
    const found = values.find((known) => known === value)
    if (found === undefined) throw new DecodingError(path, `is none of ${values.join(', ')}`)
    return found
  }
}

export function listOf<Item>(item: Decoder<Item>): Decoder<readonly Item[]> {
  return (value, path = ROOT) => {
    if (!Array.isArray(value)) throw new DecodingError(path, 'is not a list')
    return value.map((entry: unknown, index) => item(entry, `${path}[${index}]`))
  }
}

/** An object with these properties, and no others: what nobody reads should not be in the log. */
export function shape<Fields extends Readonly<Record<string, Decoder<unknown>>>>(
  fields: Fields,
): Decoder<{ readonly [Name in keyof Fields]: Decoded<Fields[Name]> }> {
  return (value, path = ROOT) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new DecodingError(path, 'is not an object')
    }
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(fields, name)) throw new DecodingError(`${path}.${name}`, 'is not known')
    }
    const read = Object.entries(fields).map(([name, decode]) => [
      name,
      decode((value as Readonly<Record<string, unknown>>)[name], `${path}.${name}`),
    ])
    return Object.fromEntries(read) as { readonly [Name in keyof Fields]: Decoded<Fields[Name]> }
  }
}

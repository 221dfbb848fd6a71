/** The pair that names a stream. The same id under two types is two streams. */
export interface StreamIdentity {
  /** A durable name that the application chooses, such as `'account'`; never a class name. */
  readonly aggregateType: string
  readonly aggregateId: string
}

/** The longest aggregate type, aggregate id or event name, in characters (code points). */
export const MAX_NAME_LENGTH = 255

/** A JSON object of type and id: unambiguous whatever the two contain. */
export function streamIdOf({ aggregateType, aggregateId }: StreamIdentity): string {
  return JSON.stringify({ aggregateType, aggregateId })
}

/** Says what is wrong with a name that has to survive both databases unchanged; `undefined` if nothing is. */
export function problemWithName(name: unknown): string | undefined {
  if (typeof name !== 'string') return `is ${name === null ? 'null' : `of type ${typeof name}`}, not a string`
  if (name.trim() === '') return 'is blank'
  if (name.includes('\0')) return 'contains a NUL character, which Postgres cannot store'
  if (!name.isWellFormed()) return 'contains half of a surrogate pair, which Postgres would replace'
  if (name.length > MAX_NAME_LENGTH) {
    // Postgres counts code points.
    const characters = Array.from(name).length
    if (characters > MAX_NAME_LENGTH)
      return `has ${characters} characters, at most ${MAX_NAME_LENGTH} are allowed`
  }
  return undefined
}

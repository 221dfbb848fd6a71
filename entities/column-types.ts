import type { ColumnOptions } from 'typeorm'
import type { Dialect } from './dialect.js'

/** The column types that have no spelling valid on both databases. */
interface ColumnTypes {
  readonly metadata: ColumnOptions
  readonly recordedAt: ColumnOptions
  readonly time: ColumnOptions
  /** As exact as the database's clock: for an order. */
  readonly stagedAt: ColumnOptions
  readonly uuid: ColumnOptions
}

export const columnTypes: Record<Dialect, ColumnTypes> = {
  postgres: {
    metadata: { type: 'jsonb', default: () => "'{}'" },
    // A commit's clock is the database's own, read when the rows are inserted: transaction time (now()) would
    // let an event that was appended later carry an earlier time than its predecessor.
    recordedAt: { type: 'timestamptz', precision: 3, default: () => 'clock_timestamp()' },
    time: { type: 'timestamptz', precision: 3 },
    stagedAt: { type: 'timestamptz', precision: 6, default: () => 'clock_timestamp()' },
    uuid: { type: 'uuid' },
  },
  sqlite: {
    metadata: { type: 'json', default: () => "'{}'" },
    recordedAt: { type: 'datetime', default: () => "(strftime('%Y-%m-%d %H:%M:%f','now'))" },
    time: { type: 'datetime' },
    stagedAt: { type: 'datetime', default: () => "(strftime('%Y-%m-%d %H:%M:%f','now'))" },
    uuid: { type: 'varchar', length: 36 },
  },
}

/** The types that a payload column can have. A distributive type: an application that picks its dialect at start may name any. */
export type PayloadType<D extends Dialect = Dialect> = D extends 'postgres'
  ? 'json' | 'jsonb' | 'text'
  : 'json' | 'text'

const PAYLOAD_TYPES = {
  postgres: ['json', 'jsonb', 'text'],
  sqlite: ['json', 'text'],
} as const satisfies { [D in Dialect]: readonly PayloadType<D>[] }

/** What to declare; throws for a type that the database does not have. As an entity, a row has the same payload with any type. */
export function payloadColumn(dialect: Dialect, type: PayloadType = 'json'): ColumnOptions {
  const known: readonly PayloadType[] = PAYLOAD_TYPES[dialect]
  if (!known.includes(type))
    throw new RangeError(`A payload on ${dialect} cannot be of type '${type}'. Choose ${known.join(' or ')}.`)
  return type === 'text' ? { type, transformer: jsonText } : { type }
}

const jsonText = {
  to: (payload: unknown): string => JSON.stringify(payload),
  from: (text: string): unknown => JSON.parse(text) as unknown,
}

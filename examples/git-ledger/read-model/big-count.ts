import type { ColumnOptions } from 'typeorm'

/** A number that outgrows 32 bits in a large history. Postgres hands bigints out as strings. */
export const bigCount = {
  type: 'bigint',
  transformer: { from: Number, to: (count: number): number => count },
} as const satisfies ColumnOptions

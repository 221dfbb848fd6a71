import { decodeInteger } from './decode.js'
import type { Row } from './statement.js'

/** A table as it really is. */
export interface InspectedTable {
  readonly exists: boolean
  readonly columns: readonly string[]
  /** The types of the columns, with their schemas, on Postgres. */
  readonly types: ReadonlyMap<string, string>
  /** The primary key included. */
  readonly uniqueKeys: readonly { readonly name: string; readonly columns: readonly string[] }[]
  readonly triggers: readonly string[]
  /** The sequence that numbers the position column, on Postgres. */
  readonly positionSequence: string | undefined
}

/** Reads the one row of both dialects' inspection: JSON texts. */
export function decodeInspectedTable(row: Row | undefined): InspectedTable {
  const list = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : [])
  return {
    exists: row !== undefined && decodeInteger(row['found']) === 1,
    columns: list(row?.['columns']) as string[],
    types: new Map(Object.entries(list(row?.['types']) as Record<string, string>)),
    uniqueKeys: list(row?.['unique_keys']) as InspectedTable['uniqueKeys'],
    triggers: list(row?.['triggers']) as string[],
    positionSequence: (row?.['position_sequence'] as string | null | undefined) ?? undefined,
  }
}

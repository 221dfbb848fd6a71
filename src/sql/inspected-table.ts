import { decodeInteger } from './decode.js'
import type { Row } from './statement.js'

/** A column as it really is. */
export interface InspectedColumn {
  readonly name: string
  /** As the database spells it, in lower case: `character varying(255)`. */
  readonly type: string
  /** On Postgres the type with its schema and without size, as statements cast to it. */
  readonly castType: string
  readonly nullable: boolean
  /** Whether the database fills it when an INSERT leaves it out. */
  readonly filled: boolean
}

/** An index as it really is, those of keys included. */
export interface InspectedIndex {
  readonly name: string
  /** In their order; an expression is the empty string. */
  readonly columns: readonly string[]
  /** Whether every INSERT is checked against it at once. */
  readonly unique: boolean
  readonly partial: boolean
}

/** A table as it really is. */
export interface InspectedTable {
  readonly exists: boolean
  readonly columns: readonly InspectedColumn[]
  readonly indexes: readonly InspectedIndex[]
  readonly triggers: readonly { readonly name: string; readonly enabled: boolean }[]
  /** Whether the database numbers the position column, and never gives a number twice. */
  readonly positionNumbered: boolean
  /** The sequence that numbers the position column, on Postgres. */
  readonly positionSequence: string | undefined
}

/** Reads the one row of both dialects' inspection: JSON texts, in which SQLite writes 0 and 1 for truth. */
export function decodeInspectedTable(row: Row | undefined): InspectedTable {
  const list = (name: string): unknown => {
    const text = row?.[name]
    return typeof text === 'string' ? JSON.parse(text) : []
  }
  const columns = list('columns') as readonly Loose<InspectedColumn>[]
  const indexes = list('indexes') as readonly Loose<InspectedIndex>[]
  const triggers = list('triggers') as readonly Loose<InspectedTable['triggers'][number]>[]
  return {
    exists: row !== undefined && decodeInteger(row['found']) === 1,
    columns: columns.map(({ name, type, castType, nullable, filled }) => ({
      name,
      type: type.toLowerCase(),
      castType,
      nullable: Boolean(nullable),
      filled: Boolean(filled),
    })),
    indexes: indexes.map(({ unique, partial, ...index }) => ({
      ...index,
      unique: Boolean(unique),
      partial: Boolean(partial),
    })),
    triggers: triggers.map(({ name, enabled }) => ({
      name,
      enabled: Boolean(enabled),
    })),
    positionNumbered: row !== undefined && decodeInteger(row['position_numbered']) === 1,
    positionSequence: (row?.['position_sequence'] as string | null | undefined) ?? undefined,
  }
}

/** What JSON holds in place of a truth. */
type Loose<Shape> = {
  readonly [Key in keyof Shape]: Shape[Key] extends boolean ? boolean | number : Shape[Key]
}

import type { EncodedValue } from '../model/encoded-value.js'

export type { EncodedValue } from '../model/encoded-value.js'

/** One column of a read-model table. */
export interface RowColumn {
  /** The path of the entity's property: `owner`, `address.city`. */
  readonly property: string
  /** Quoted, for SQL. */
  readonly name: string
  /** Unquoted, as the key of a JSON parameter. */
  readonly databaseName: string
  readonly isKey: boolean
  readonly isUuid: boolean
  /** Whether the driver takes a string as it is. */
  readonly isPlain: boolean
  readonly nullable: boolean
  /** Whether a row is complete without it: the database fills it. */
  readonly optional: boolean
  /** Whether statements may set it at all, or only on insert. */
  readonly writable: 'always' | 'on insert' | 'on update' | 'never'
  readonly role: 'data' | 'version' | 'created' | 'updated'
  /** Whether an encoded string is JSON text, to be taken as it is, hexadecimal bytes, or a plain value. */
  readonly form: 'value' | 'json' | 'bytes'
}

/** A read-model table as its entity describes it. */
export interface RowTable {
  /** Quoted, with its schema if it has one. */
  readonly table: string
  /** The type of its rows, with its schema: a table may be called like a type of the database's. */
  readonly rowType: string
  /** For errors. */
  readonly tablePath: string
  readonly entity: string
  readonly columns: readonly RowColumn[]
  readonly key: readonly RowColumn[]
  readonly version: RowColumn | undefined
}

/** A row's values, ready for SQL, by column. */
export type EncodedRow = ReadonlyMap<RowColumn, EncodedValue>

/** What one statement does with all of its rows. */
/** `recreate`: as if the row had been deleted before. */
export type RowEffect = 'insert' | 'upsert' | 'recreate' | 'upsertPatch' | 'patch' | 'delete'

/** A row that one statement writes: its key, the columns that the statement sets, and what it expects. */
export interface RowWrite {
  readonly values: EncodedRow
  readonly expectedVersion: number | undefined
}

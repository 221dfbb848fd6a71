import type { DataSource, EntityMetadata } from 'typeorm'
import type { Dialect } from '../../entities/index.js'
import { InvalidArgumentError } from '../errors/index.js'
import type { EncodedValue } from '../model/encoded-value.js'
import type { OwnColumn, OwnColumns, OwnFilter } from '../sql/own-columns.js'
import type { Row } from '../sql/statement.js'
import { problemWithValue } from './column-value.js'
import { encodeColumnValue } from './encode-row-value.js'
import { describeColumn, spellings } from './row-column.js'
import type { ColumnMetadata } from './row-column.js'
import type { RowColumn } from '../sql/row-table.js'

/** One function a property of the entity. */
export type Sources<Source> = Readonly<Record<string, ((source: Source) => unknown) | undefined>>

/** A column that the host's entity adds. */
interface HostColumn {
  readonly metadata: ColumnMetadata
  readonly row: RowColumn
  readonly label: string
  readonly filled: boolean
}

/**
 * The columns that a host's entity adds to one of the module's tables: where their values come from, how they are encoded and
 * decoded. Knows the entity only, not yet the table.
 */
export class HostColumns<Source> {
  private readonly columns: readonly HostColumn[]
  private readonly filled: readonly HostColumn[]
  private readonly sources: readonly (readonly [property: string, (source: Source) => unknown])[]

  constructor(
    private readonly dataSource: DataSource,
    private readonly dialect: Dialect,
    private readonly entity: EntityMetadata,
    shipped: readonly string[],
    /** The store's option that names the sources; `undefined` for a table that only the database can fill. */
    private readonly option: string | undefined,
    sources: Sources<Source> = {},
  ) {
    this.sources = Object.entries(sources).filter(
      (entry): entry is [string, (source: Source) => unknown] => entry[1] !== undefined,
    )
    const own = entity.columns.filter(
      (column) => !column.isVirtualProperty && !shipped.includes(column.propertyPath),
    )
    const escape = (name: string): string => dataSource.driver.escape(name)
    this.columns = own.map((metadata, index) => ({
      metadata,
      row: describeColumn(metadata, escape),
      label: `own_${index + 1}`,
      filled: sources[metadata.propertyPath.split('.')[0]!] !== undefined,
    }))
    this.filled = this.columns.filter(({ filled }) => filled)
  }

  /** Whether statements have anything to fill. */
  get areFilled(): boolean {
    return this.filled.length > 0
  }

  /** What is wrong with the entity or the sources, and would make every commit fail. */
  problems(): string[] {
    const { name } = this.entity
    const unknown = this.sources
      .filter(([property]) => !this.filled.some(({ row }) => topOf(row) === property))
      .map(
        ([property]) =>
          `'${property}', for which ${this.option!} has a function, is no column that ${name} adds`,
      )
    return [...unknown, ...this.columns.flatMap((column) => this.problemsOf(column))]
  }

  /**
   * The values for one row, in the order of the filled columns. `what`: the row, for errors. Throws `InvalidArgumentError` for a
   * value of the wrong type, and for a missing one; `mayLack`: those are for the database to find.
   */
  encode(source: Source, what: () => string, mayLack = false): readonly EncodedValue[] {
    const row = Object.fromEntries(this.sources.map(([property, give]) => [property, give(source)]))
    return this.filled.map((column) => {
      const [value] = spellings(column.metadata, row)
      const encoded = this.encodeValue(column, value ?? null, what)
      if (encoded === null && !column.row.nullable && !mayLack) {
        throw this.refusal(column, what, `there is none, and the column must not be null`)
      }
      return encoded
    })
  }

  /** Conditions by property. Throws `InvalidArgumentError` for what is no column to compare by. */
  filters(where: Readonly<Record<string, unknown>> = {}): readonly OwnFilter[] {
    return Object.entries(where)
      .filter(([, wanted]) => wanted !== undefined)
      .map(([property, wanted]) => {
        const column = this.comparable(property)
        const what = (): string => `the condition on '${property}'`
        const encode = (value: unknown): EncodedValue => this.encodeValue(column, value, what)
        return {
          label: column.label,
          values: Array.isArray(wanted) ? (wanted as unknown[]).map(encode) : encode(wanted),
        }
      })
  }

  /** For the statements. `types`: what the database says that the columns of the table are. */
  compiled(types: ReadonlyMap<string, string>): OwnColumns {
    const compiled = new Map(
      this.columns.map(({ metadata, row, label }): [string, OwnColumn] => [
        label,
        {
          name: row.name,
          label,
          type: types.get(metadata.databaseName) ?? '',
          nullable: row.nullable,
          form: row.form,
        },
      ]),
    )
    const read = this.columns.filter(isReadable)
    return {
      filled: this.filled.map(({ label }) => compiled.get(label)!),
      read: read.map(({ label }) => compiled.get(label)!),
      decode: read.length === 0 ? () => undefined : (row) => this.decode(row, read),
    }
  }

  private decode(row: Row, read: readonly HostColumn[]): Readonly<Record<string, unknown>> {
    const values: Record<string, unknown> = {}
    for (const { metadata, label } of read) {
      metadata.setEntityValue(values, this.dataSource.driver.prepareHydratedValue(row[label], metadata))
    }
    return values
  }

  private encodeValue(column: HostColumn, value: unknown, what: () => string): EncodedValue {
    const { metadata, row } = column
    const refuse = (problem: string): never => {
      throw this.refusal(column, what, problem)
    }
    const stored = transformed(metadata, value)
    if (stored === null || stored === undefined) return null
    if (stored instanceof Promise) return refuse('is a Promise: it has to be there at once')
    const problem = problemWithValue(metadata, stored)
    if (problem !== undefined) return refuse(problem)
    const encoded = this.encodeStored(column, value, what)
    if (row.form === 'json' && typeof encoded === 'string' && NOT_IN_JSONB.test(encoded)) {
      return refuse('contains a NUL character or half of a surrogate pair')
    }
    return encoded
  }

  private encodeStored({ metadata, row }: HostColumn, value: unknown, what: () => string): EncodedValue {
    try {
      return encodeColumnValue(this.dataSource, this.dialect, row, metadata, value, (found) => {
        throw new TypeError(`${found} cannot be stored`)
      })
    } catch (cause) {
      // JSON.stringify refuses what refers back to itself; a transformer may refuse what it likes.
      throw new InvalidArgumentError(
        `Column '${row.property}' of ${this.entity.name}, ${what()}: the value cannot be stored; the cause says why.`,
        { cause },
      )
    }
  }

  private refusal({ row }: HostColumn, what: () => string, problem: string): InvalidArgumentError {
    return new InvalidArgumentError(
      `Column '${row.property}' of ${this.entity.name}, ${what()}: the value ${problem}.`,
    )
  }

  private comparable(property: string): HostColumn {
    const column = this.columns.find(({ row }) => row.property === property)
    if (column !== undefined && column.row.form === 'value' && !column.metadata.isArray && isReadable(column))
      return column
    const known = this.columns.filter(({ row }) => row.form === 'value').map(({ row }) => `'${row.property}'`)
    throw new InvalidArgumentError(
      `'${property}' is no column of ${this.entity.name} to filter by: where takes the columns that the entity adds, ` +
        `but for JSON, arrays and bytes. ${known.length === 0 ? 'It adds none.' : `It has ${known.join(', ')}.`}`,
    )
  }

  private problemsOf({ metadata, row, filled }: HostColumn): string[] {
    const name = `column '${row.property}' of ${this.entity.name}`
    if (filled && (row.writable === 'never' || row.writable === 'on update' || isComputed(metadata))) {
      return [`${name} is filled by the database alone, and ${this.option!} has a function for it`]
    }
    if (filled || row.nullable || isDefaulted(metadata, this.dialect)) return []
    const source =
      this.option === undefined
        ? ''
        : `, or say where its values come from with the store's option ${this.option}: { ${topOf(row)}: … }`
    return [`${name} must not be null and nobody fills it: give it a default${source}`]
  }
}

const NOT_IN_JSONB = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

function topOf({ property }: RowColumn): string {
  return property.split('.')[0]!
}

/** A reference without a property of its own has no value to read, but an object that nobody loads. */
function isReadable({ metadata }: HostColumn): boolean {
  return !metadata.isVirtual
}

function isComputed({ generatedType, generatedIdentity }: ColumnMetadata): boolean {
  return generatedType !== undefined || generatedIdentity === 'ALWAYS'
}

/** Whether the database fills the column when an insert leaves it out. */
function isDefaulted(column: ColumnMetadata, dialect: Dialect): boolean {
  if (column.default !== undefined || column.generatedType !== undefined) return true
  // On SQLite it is TypeORM that makes UUIDs, and only for what is saved through it.
  return column.isGenerated && !(dialect === 'sqlite' && column.generationStrategy === 'uuid')
}

/** What the column's transformer makes of a value. */
function transformed({ transformer }: ColumnMetadata, value: unknown): unknown {
  const all = Array.isArray(transformer) ? transformer : transformer === undefined ? [] : [transformer]
  return all.reduce<unknown>((result, one) => one.to(result) as unknown, value)
}

import type { DataSource, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm'
import type { Dialect } from '../../entities/index.js'
import { ReadModelPlanError } from '../errors/index.js'
import type { EncodedValue, RowColumn, RowTable } from '../sql/row-table.js'
import { describeColumn, spellings } from './row-column.js'
import type { ColumnMetadata } from './row-column.js'
import { encodeColumnValue } from './encode-row-value.js'

type RelationMetadata = EntityMetadata['relations'][number]

/** A read-model entity, as plans work with it. */
export interface RowEntity extends RowTable {
  readonly target: EntityTarget<ObjectLiteral>
  /** The columns beside the key without which a new row is not complete. */
  readonly required: readonly RowColumn[]
  /** The tables that its foreign keys refer to, by path. */
  readonly parents: readonly string[]
  /** The columns that refer to rows of the entity itself, each with the key column it refers to. */
  readonly selfReferences: readonly { readonly column: RowColumn; readonly referenced: RowColumn }[]
  /**
   * The values that a row object has, by column; a property that is undefined is absent. Throws for what is no column, and
   * for a reference and its foreign key that disagree: unless one of them is still as it was `before`.
   */
  read(row: object, before?: ReadonlyMap<RowColumn, EncodedValue>): Map<RowColumn, unknown>
  /** The value as the database takes it. */
  encode(column: RowColumn, value: unknown): EncodedValue
  /** The children of a row object, by relation. */
  children(row: object): readonly RowChildren[]
  /** A relation by its name, for loading; `undefined` if there is none, or if it cannot be loaded and synced. */
  relation(name: string): RowRelation | undefined
}

/** A relation of one row to rows that refer to it. */
export interface RowRelation {
  readonly name: string
  readonly entity: RowEntity
  /** Children belong to the row that has them; a reference merely points at one. */
  readonly kind: 'children' | 'reference'
  /** The rows at the other end, as loaded. */
  rows(row: object): readonly object[]
  /** The child's columns that refer to the row, with the row's columns that they refer to. */
  readonly links: readonly { readonly column: RowColumn; readonly referenced: RowColumn }[]
}

export interface RowChildren {
  readonly relation: RowRelation
  readonly rows: readonly object[]
}

/** The read-model entities of one DataSource, described once each. */
export class RowTables {
  private readonly known = new Map<EntityMetadata, RowEntity>()

  constructor(
    private readonly dataSource: DataSource,
    private readonly dialect: Dialect,
  ) {}

  /** Throws `ReadModelPlanError` for an entity that the DataSource does not register. */
  of(target: EntityTarget<ObjectLiteral>): RowEntity {
    if (!this.dataSource.hasMetadata(target)) {
      throw new ReadModelPlanError(
        nameOf(target),
        undefined,
        `is no entity of this DataSource. Add it to the DataSource's 'entities'.`,
      )
    }
    return this.describe(this.dataSource.getMetadata(target))
  }

  private describe(metadata: EntityMetadata): RowEntity {
    assertOwnTable(metadata)
    let entity = this.known.get(metadata)
    if (entity === undefined) {
      entity = new DescribedEntity(metadata, this.dataSource, this.dialect, (other) => this.describe(other))
      this.known.set(metadata, entity)
    }
    return entity
  }
}

/** Rows of entities that share a table through inheritance would need its discriminator in every statement. */
function assertOwnTable(metadata: EntityMetadata): void {
  if (metadata.discriminatorColumn !== undefined) {
    throw new ReadModelPlanError(
      metadata.name,
      undefined,
      'shares its table with other entities (single-table inheritance), which is not supported. Map the table by one entity.',
    )
  }
}

class DescribedEntity implements RowEntity {
  readonly table: string
  readonly rowType: string
  readonly tablePath: string
  readonly entity: string
  readonly target: EntityTarget<ObjectLiteral>
  readonly columns: readonly RowColumn[]
  readonly key: readonly RowColumn[]
  readonly version: RowColumn | undefined
  readonly required: readonly RowColumn[]
  readonly parents: readonly string[]
  readonly selfReferences: RowEntity['selfReferences']
  private readonly byMetadata = new Map<ColumnMetadata, RowColumn>()
  private readonly byColumn = new Map<RowColumn, ColumnMetadata>()
  private readonly embeddedPaths = new Set<string>()
  /** Everything that a row object may have: columns and relations. */
  private readonly properties: ReadonlySet<string>

  constructor(
    private readonly metadata: EntityMetadata,
    private readonly dataSource: DataSource,
    private readonly dialect: Dialect,
    private readonly describe: (metadata: EntityMetadata) => RowEntity,
  ) {
    const escape = (name: string): string => dataSource.driver.escape(name)
    const { schema, tableName } = metadata
    this.table =
      dialect === 'postgres' && schema !== undefined
        ? `${escape(schema)}.${escape(tableName)}`
        : escape(tableName)
    const { searchSchema } = dataSource.driver as { searchSchema?: string }
    this.rowType = `${escape(schema ?? searchSchema ?? 'public')}.${escape(tableName)}`
    this.tablePath = metadata.tablePath
    this.entity = metadata.name
    this.target = metadata.target
    for (const column of metadata.columns) {
      if (column.isVirtualProperty || column.generatedType !== undefined) continue
      const described = describeColumn(column, escape)
      this.byMetadata.set(column, described)
      this.byColumn.set(described, column)
      const path = column.embeddedMetadata?.parentPropertyNames ?? []
      for (let length = 1; length <= path.length; length++)
        this.embeddedPaths.add(path.slice(0, length).join('.'))
    }
    this.properties = new Set([
      ...metadata.columns.map(({ propertyPath }) => propertyPath),
      ...metadata.relations
        .filter(({ isManyToMany }) => !isManyToMany)
        .map(({ propertyPath }) => propertyPath),
    ])
    this.columns = [...this.byMetadata.values()]
    this.key = this.columns.filter(({ isKey }) => isKey)
    this.required = this.columns.filter(
      ({ isKey, optional, writable }) =>
        !isKey && !optional && writable !== 'never' && writable !== 'on update',
    )
    this.version = this.columns.find(({ role }) => role === 'version')
    this.parents = metadata.foreignKeys
      .map(({ referencedEntityMetadata }) => referencedEntityMetadata.tablePath)
      .filter((path) => path !== metadata.tablePath)
    this.selfReferences = metadata.foreignKeys
      .filter(({ referencedEntityMetadata }) => referencedEntityMetadata.tablePath === metadata.tablePath)
      .flatMap(({ columns, referencedColumns }) =>
        columns.map((column, index) => ({
          column: this.byMetadata.get(column)!,
          referenced: this.byMetadata.get(referencedColumns[index]!) ?? this.key[0]!,
        })),
      )
  }

  read(row: object, before?: ReadonlyMap<RowColumn, EncodedValue>): Map<RowColumn, unknown> {
    this.assertKnown(row, '')
    const values = new Map<RowColumn, unknown>()
    for (const [column, metadata] of this.byColumn) {
      const [value, other] = spellings(metadata, row)
      if (value === undefined) continue
      values.set(column, other === undefined ? value : this.agreed(column, value, other, before?.get(column)))
    }
    return values
  }

  encode(column: RowColumn, value: unknown): EncodedValue {
    return encodeColumnValue(
      this.dataSource,
      this.dialect,
      column,
      this.byColumn.get(column)!,
      value,
      (what) => {
        throw new ReadModelPlanError(this.entity, column.property, `${what} cannot be stored.`)
      },
    )
  }

  /** A foreign key that a row object spells twice: by the reference, and by a property of its own. */
  private agreed(
    column: RowColumn,
    value: unknown,
    other: unknown,
    before: EncodedValue | undefined,
  ): unknown {
    const [one, two] = [this.encode(column, value), this.encode(column, other)]
    if (String(one) === String(two)) return value
    if (before !== undefined && String(one) === String(before)) return other
    if (before !== undefined && String(two) === String(before)) return value
    throw new ReadModelPlanError(
      this.entity,
      column.property,
      'and the reference that it belongs to name different rows. Give one of them.',
    )
  }

  children(row: object): readonly RowChildren[] {
    return this.metadata.relations.flatMap((relation) => {
      if (!isChildren(relation)) return []
      const value = (row as Record<string, unknown>)[relation.propertyName]
      if (value === undefined) return []
      const described = this.describeRelation(relation)
      return [{ relation: described, rows: asRows(value) }]
    })
  }

  relation(name: string): RowRelation | undefined {
    const relation = this.metadata.relations.find(({ propertyPath }) => propertyPath === name)
    return relation === undefined || relation.isManyToMany ? undefined : this.describeRelation(relation)
  }

  private describeRelation(relation: RelationMetadata): RowRelation {
    const entity = this.describe(relation.inverseEntityMetadata)
    const kind = isChildren(relation) ? 'children' : 'reference'
    const inverse = kind === 'children' ? (relation.inverseRelation?.joinColumns ?? []) : []
    const links = inverse.map((column) => ({
      column: entity.columns.find(({ databaseName }) => databaseName === column.databaseName)!,
      referenced: this.columns.find(
        ({ databaseName }) => databaseName === column.referencedColumn?.databaseName,
      )!,
    }))
    const rows = (row: object): readonly object[] => asRows(relation.getEntityValue(row))
    return { name: relation.propertyName, entity, kind, rows, links }
  }

  /** Refuses properties that are neither columns nor relations: they would silently not be stored. */
  private assertKnown(row: object, path: string): void {
    for (const [name, value] of Object.entries(row)) {
      const property = path === '' ? name : `${path}.${name}`
      if (value === undefined || typeof value === 'function') continue
      const isEmbedded = this.embeddedPaths.has(property)
      if (isEmbedded && typeof value === 'object' && value !== null) {
        this.assertKnown(value as object, property)
        continue
      }
      if (!isEmbedded && !this.properties.has(property)) {
        const columns = this.columns.map((column) => column.property).join(', ')
        throw new ReadModelPlanError(this.entity, property, `is no column of it. Its columns are ${columns}.`)
      }
    }
  }
}

function isChildren(relation: RelationMetadata): boolean {
  return relation.isOneToMany || relation.isOneToOneNotOwner
}

function asRows(value: unknown): readonly object[] {
  if (value === null || value === undefined) return []
  return Array.isArray(value) ? (value as object[]) : [value]
}

function nameOf(target: EntityTarget<ObjectLiteral>): string {
  if (typeof target === 'function') return target.name
  return typeof target === 'string' ? target : 'The entity'
}

import type { EntityMetadata } from 'typeorm'
import type { RowColumn } from '../sql/row-table.js'

export type ColumnMetadata = EntityMetadata['columns'][number]

/** The column types whose strings every driver leaves alone. */
const PLAIN: ReadonlySet<unknown> = new Set(['varchar', 'character varying', 'text', 'uuid', String])

/** What plans and statements need to know of a column. */
export function describeColumn(column: ColumnMetadata, escape: (name: string) => string): RowColumn {
  const role = column.isVersion
    ? 'version'
    : column.isCreateDate
      ? 'created'
      : column.isUpdateDate
        ? 'updated'
        : 'data'
  return {
    property: column.propertyPath,
    name: escape(column.databaseName),
    databaseName: column.databaseName,
    isKey: column.isPrimary,
    isUuid: column.type === 'uuid' || column.generationStrategy === 'uuid',
    isPlain: column.transformer === undefined && !column.isArray && PLAIN.has(column.type),
    nullable: column.isNullable,
    optional: column.isNullable || column.default !== undefined || column.isGenerated || role !== 'data',
    writable:
      column.isInsert && column.isUpdate && !column.isPrimary && role !== 'version'
        ? 'always'
        : column.isInsert
          ? 'on insert'
          : column.isUpdate
            ? 'on update'
            : 'never',
    role,
    form: formOf(column),
  }
}

function formOf({ type, isArray }: ColumnMetadata): RowColumn['form'] {
  if (isArray) return 'value'
  if (type === 'json' || type === 'jsonb') return 'json'
  return type === 'bytea' || type === 'blob' ? 'bytes' : 'value'
}

/** What a row object says of a column; of a foreign key that has a property of its own, also what its reference says. */
export function spellings(column: ColumnMetadata, row: object): readonly [value: unknown, other?: unknown] {
  if (isInsideNull(column, row)) return [null]
  const relation = column.relationMetadata
  if (relation === undefined || relation.propertyName === column.propertyName || relation.embeddedMetadata) {
    return [column.getEntityValue(row) as unknown]
  }
  const { [column.propertyName]: own, [relation.propertyName]: reference } = row as Record<string, unknown>
  const referred: unknown =
    typeof reference === 'object' && reference !== null
      ? column.referencedColumn?.getEntityValue(reference)
      : reference
  return own === undefined ? [referred] : [own, referred]
}

/** An embedded object that is null has columns that are null. */
function isInsideNull({ embeddedMetadata }: ColumnMetadata, row: object): boolean {
  let value: unknown = row
  for (const name of embeddedMetadata?.parentPropertyNames ?? []) {
    value = (value as Record<string, unknown>)[name]
    if (value === null) return true
    if (typeof value !== 'object') return false
  }
  return false
}

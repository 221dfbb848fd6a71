import type { RowKey } from '../errors/index.js'
import type { RowEntity } from '../runner/row-tables.js'
import type { EncodedValue, RowColumn, RowEffect } from '../sql/row-table.js'

/** What a plan does with one row: several operations on it fold into one. */
export interface RowOperation {
  readonly entity: RowEntity
  /** The same for the same row, whatever spelled its key. */
  readonly id: string
  /** `'nothing'`: inserted and deleted again; the row must still have been missing. */
  readonly effect: RowEffect | 'nothing'
  /** The key, and every column that is set. */
  readonly values: ReadonlyMap<RowColumn, EncodedValue>
  /** What has to be true before the plan. */
  readonly before: 'anything' | 'exists' | 'missing'
  readonly expectedVersion: number | undefined
}

/** The row's key, for errors. */
export function keyOf({ entity, values }: Pick<RowOperation, 'entity' | 'values'>): RowKey {
  return Object.fromEntries(entity.key.map((column) => [column.property, values.get(column)]))
}

/** The columns that make a row complete and that the operation does not set. */
export function missingColumns({
  entity,
  values,
}: Pick<RowOperation, 'entity' | 'values'>): readonly RowColumn[] {
  return entity.required.filter((column) => !values.has(column))
}

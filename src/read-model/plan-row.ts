import { ReadModelPlanError } from '../errors/index.js'
import type { RowEntity } from '../runner/row-tables.js'
import type { EncodedValue, RowColumn } from '../sql/row-table.js'
import { missingColumns } from './row-operation.js'
import type { RowOperation } from './row-operation.js'

/** A complete row, to be inserted or to replace another. Throws `ReadModelPlanError` for anything that cannot be stored. */
export function planRow(
  entity: RowEntity,
  effect: 'insert' | 'upsert',
  row: object,
  given: ReadonlyMap<RowColumn, unknown>,
  expectedVersion: number | undefined,
): RowOperation {
  const raw = entity.read(row)
  for (const [column, value] of given) raw.set(column, value)
  const values = encodeAll(entity, raw, 'row')
  const operation: RowOperation = {
    ...identify(entity, values),
    effect,
    values,
    before: effect === 'insert' ? 'missing' : expectedVersion === undefined ? 'anything' : 'exists',
    expectedVersion: expectedVersionOf(entity, expectedVersion),
  }
  assertComplete(operation)
  return operation
}

/** Some columns of a row. Throws `ReadModelPlanError` for an empty patch, a changed key and what cannot be stored. */
export function planPatch(
  entity: RowEntity,
  effect: 'patch' | 'upsertPatch',
  keyValues: ReadonlyMap<RowColumn, EncodedValue>,
  changes: ReadonlyMap<RowColumn, unknown>,
  expectedVersion: number | undefined,
): RowOperation {
  const identity = identify(entity, keyValues)
  const changed = encodeAll(entity, changes, 'patch')
  for (const column of entity.key) {
    if (changed.has(column) && changed.get(column) !== keyValues.get(column)) {
      throw new ReadModelPlanError(
        entity.entity,
        column.property,
        'belongs to the key, which a patch cannot change.',
      )
    }
    changed.delete(column)
  }
  if (changed.size === 0) {
    throw new ReadModelPlanError(
      entity.entity,
      undefined,
      'the patch changes nothing. Name at least one column.',
    )
  }
  return {
    ...identity,
    effect,
    values: new Map([...keyValues, ...changed]),
    before: effect === 'patch' || expectedVersion !== undefined ? 'exists' : 'anything',
    expectedVersion: expectedVersionOf(entity, expectedVersion),
  }
}

/** Throws `ReadModelPlanError` for an incomplete key. */
export function planDelete(
  entity: RowEntity,
  values: ReadonlyMap<RowColumn, EncodedValue>,
  expectedVersion: number | undefined,
): RowOperation {
  return {
    ...identify(entity, values),
    effect: 'delete',
    values,
    before: expectedVersion === undefined ? 'anything' : 'exists',
    expectedVersion: expectedVersionOf(entity, expectedVersion),
  }
}

/** Names the row by its key, by the type and value of each part. */
export function identify(
  entity: RowEntity,
  values: ReadonlyMap<RowColumn, EncodedValue>,
): Pick<RowOperation, 'entity' | 'id'> {
  for (const column of entity.key) {
    if ((values.get(column) ?? null) === null) {
      throw new ReadModelPlanError(
        entity.entity,
        column.property,
        'belongs to the key, and has no value. Give the whole key.',
      )
    }
  }
  return {
    entity,
    id: JSON.stringify([
      entity.tablePath,
      ...entity.key.map((column) => spelled(column, values.get(column)!)),
    ]),
  }
}

/** The database takes a number or its digits, and any case of a uuid, for the same key. */
function spelled({ isUuid }: RowColumn, value: EncodedValue): string {
  return isUuid ? String(value).toLowerCase() : String(value)
}

/** Throws `ReadModelPlanError` naming the first column that a new row of the operation would lack. */
export function assertComplete(operation: Pick<RowOperation, 'entity' | 'values'>): void {
  const [missing] = missingColumns(operation)
  if (missing === undefined) return
  throw new ReadModelPlanError(
    operation.entity.entity,
    missing.property,
    'is missing, and has no default: the row is incomplete.',
  )
}

/** The key that an object spells. Throws `ReadModelPlanError` for properties that do not belong to it. */
export function planKey(entity: RowEntity, key: object): Map<RowColumn, EncodedValue> {
  const values = entity.read(key)
  for (const column of values.keys()) {
    if (!column.isKey) {
      const names = entity.key.map(({ property }) => property).join(', ')
      throw new ReadModelPlanError(
        entity.entity,
        column.property,
        `does not belong to the key, which is ${names}.`,
      )
    }
  }
  return encodeAll(entity, values, 'key')
}

/** The version is this module's to write: a row object may carry the one it was read with, a patch may not. */
function encodeAll(
  entity: RowEntity,
  values: ReadonlyMap<RowColumn, unknown>,
  form: 'row' | 'patch' | 'key',
): Map<RowColumn, EncodedValue> {
  const encoded = new Map<RowColumn, EncodedValue>()
  for (const [column, value] of values) {
    if (form === 'row' && (column.role === 'version' || column.writable === 'never')) continue
    if (
      form === 'patch' &&
      !column.isKey &&
      column.writable !== 'always' &&
      column.writable !== 'on update'
    ) {
      const problem =
        column.role === 'version' ? `is the row's version, which every change counts up` : 'cannot be updated'
      throw new ReadModelPlanError(entity.entity, column.property, `${problem}.`)
    }
    const one = encodeOne(entity, column, value)
    // A transformer may make something of null, or null of something.
    if (one === null && !column.nullable) {
      throw new ReadModelPlanError(entity.entity, column.property, 'cannot be null.')
    }
    encoded.set(column, one)
  }
  return encoded
}

function encodeOne(entity: RowEntity, column: RowColumn, value: unknown): EncodedValue {
  try {
    return entity.encode(column, value)
  } catch (cause) {
    if (cause instanceof ReadModelPlanError) throw cause
    // A transformer of the host's, or JSON.stringify, refused the value.
    throw new ReadModelPlanError(
      entity.entity,
      column.property,
      `cannot be encoded: ${cause instanceof Error ? cause.message : String(cause)}.`,
    )
  }
}

function expectedVersionOf(entity: RowEntity, expectedVersion: number | undefined): number | undefined {
  if (expectedVersion === undefined) return undefined
  if (entity.version === undefined) {
    throw new ReadModelPlanError(
      entity.entity,
      undefined,
      `has no version column to compare with version ${expectedVersion}. Declare one with @VersionColumn().`,
    )
  }
  if (!Number.isSafeInteger(expectedVersion) || expectedVersion < 1) {
    throw new ReadModelPlanError(
      entity.entity,
      entity.version.property,
      `the expected version is ${String(expectedVersion)}; it has to be 1, 2, 3 …`,
    )
  }
  return expectedVersion
}

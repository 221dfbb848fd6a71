import { ReadModelConflictError, ReadModelNotFoundError, ReadModelPlanError } from '../errors/index.js'
import type { RowKey } from '../errors/index.js'
import { assertComplete } from './plan-row.js'
import { keyOf } from './row-operation.js'
import type { RowOperation } from './row-operation.js'

/**
 * Makes one operation of two on the same row, as if they ran one after the other. Throws what the second would throw
 * after the first, whatever the table contains.
 */
export function foldOperations(first: RowOperation, second: RowOperation): RowOperation {
  const before = { before: first.before, expectedVersion: foldVersions(first, second) }
  const exists = first.effect !== 'delete' && first.effect !== 'nothing'
  const { entity } = first
  const key = (): RowKey => keyOf(first)
  switch (second.effect) {
    case 'insert':
      if (exists) throw new ReadModelConflictError(entity.tablePath, key(), 'none', undefined)
      return { ...second, ...before, effect: replacement(first) }
    case 'upsert':
    case 'recreate':
      return { ...second, ...before, effect: replacement(first) }
    case 'patch':
      if (!exists) throw new ReadModelNotFoundError(entity.tablePath, key(), second.expectedVersion)
      return { ...first, ...before, values: merge(first, second) }
    case 'upsertPatch':
      if (exists) return { ...first, ...before, values: merge(first, second) }
      assertComplete(second)
      return { ...second, ...before, effect: replacement(first) }
    case 'delete':
    case 'nothing':
      // What was inserted and deleted again leaves only the demand that it was missing.
      return { ...second, ...before, effect: first.before === 'missing' ? 'nothing' : 'delete' }
  }
}

function merge(first: RowOperation, second: RowOperation): RowOperation['values'] {
  return new Map([...first.values, ...second.values])
}

/** A row that the plan itself inserts, or demands to be missing, is inserted whatever follows. */
function replacement({ before, effect }: RowOperation): 'insert' | 'upsert' | 'recreate' {
  if (before === 'missing') return 'insert'
  return effect === 'delete' || effect === 'recreate' ? 'recreate' : 'upsert'
}

function foldVersions(first: RowOperation, second: RowOperation): number | undefined {
  const { entity } = first
  const key = (): RowKey => keyOf(first)
  const expected = second.expectedVersion
  if (expected === undefined) return first.expectedVersion
  if (first.effect === 'delete' || first.effect === 'nothing') {
    throw new ReadModelNotFoundError(entity.tablePath, key(), expected)
  }
  if (first.effect === 'insert') {
    // A new row is at version 1 when the plan has inserted it.
    if (expected === 1) return undefined
    throw new ReadModelConflictError(entity.tablePath, key(), expected, 1)
  }
  if (first.expectedVersion !== undefined && first.expectedVersion !== expected) {
    throw new ReadModelPlanError(
      entity.entity,
      entity.version?.property,
      `row ${JSON.stringify(key())} is expected at version ${first.expectedVersion} and at version ${expected} in one plan.`,
    )
  }
  return expected
}

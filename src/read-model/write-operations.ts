import { ReadModelConflictError, ReadModelNotFoundError, ReadModelPlanError } from '../errors/index.js'
import type { Connection } from '../runner/connection.js'
import type { RowEntity } from '../runner/row-tables.js'
import type { RowColumn, RowEffect } from '../sql/row-table.js'
import { orderTables } from './order-tables.js'
import { assertComplete } from './plan-row.js'
import { keyOf, missingColumns } from './row-operation.js'
import type { RowOperation } from './row-operation.js'

/** Rows that one statement writes. */
interface Batch {
  readonly effect: RowEffect
  readonly columns: readonly RowColumn[]
  readonly operations: RowOperation[]
}

/**
 * Writes a plan: rows of one entity that set the same columns in one statement, parents before children, deletions
 * after everything else and children first. Throws if a row is not as the plan expects; the transaction around it
 * undoes what was written. `orFail`: the statements themselves fail, with an error that does not say why.
 */
export async function writeOperations(
  connection: Connection,
  operations: readonly RowOperation[],
  orFail = false,
): Promise<void> {
  const byEntity = new Map<RowEntity, RowOperation[]>()
  for (const operation of operations) {
    const list = byEntity.get(operation.entity)
    if (list === undefined) byEntity.set(operation.entity, [operation])
    else list.push(operation)
  }
  const entities = orderTables(byEntity.keys())
  const steps: (() => Promise<void>)[] = []
  for (const entity of entities) {
    const all = byEntity.get(entity)!.sort((a, b) => (a.id < b.id ? -1 : 1))
    const unchecked = all.filter(isUnchecked)
    if (unchecked.length > 0) {
      if (steps.length > 0) await runAll(connection, steps)
      await assertAsExpected(connection, entity, unchecked)
    }
    for (const batch of batches(entity, all)) steps.push(() => write(connection, entity, batch, orFail))
  }
  for (const entity of [...entities].reverse()) {
    for (const batch of deletions(byEntity.get(entity)!))
      steps.push(() => write(connection, entity, batch, orFail))
  }
  await runAll(connection, steps)
}

/** Whether each statement of a plan can check by itself what the plan expects. */
export function checkThemselves(operations: readonly RowOperation[]): boolean {
  return !operations.some(isUnchecked)
}

async function runAll(connection: Connection, steps: (() => Promise<void>)[]): Promise<void> {
  const some = steps.splice(0)
  if (some.length > 0) await connection.together(some)
}

/** Whether an operation demands what its statement does not check: that would replace the row without a look. */
function isUnchecked({ effect, before, expectedVersion }: RowOperation): boolean {
  return (
    effect === 'nothing' ||
    ((effect === 'upsert' || effect === 'recreate') && (before === 'exists' || expectedVersion !== undefined))
  )
}

async function write(
  connection: Connection,
  entity: RowEntity,
  batch: Batch,
  orFail: boolean,
): Promise<void> {
  const { effect, columns, operations } = batch
  const isChecked =
    effect === 'insert' || effect === 'patch' || (effect === 'delete' && demandsRows(operations))
  const written = await connection.writeRows(entity, effect, columns, operations, orFail && isChecked)
  if (!isChecked || written === operations.length) return
  await assertAsExpected(connection, entity, operations)
  // By now everything is as expected: another writer came and went in between.
  const first = operations[0]!
  throw new ReadModelConflictError(entity.tablePath, keyOf(first), first.expectedVersion ?? 'none', undefined)
}

function demandsRows(operations: readonly RowOperation[]): boolean {
  return operations.some(({ before }) => before !== 'anything')
}

/** Looks the rows up, locked, and throws for the first that is not as its operation expects. */
async function assertAsExpected(
  connection: Connection,
  entity: RowEntity,
  operations: readonly RowOperation[],
): Promise<void> {
  const found = await connection.lockRows(entity, operations)
  operations.forEach((operation, index) => {
    const { before, expectedVersion } = operation
    const { tablePath } = entity
    const exists = found.has(index)
    const version = found.get(index)
    if (exists && before === 'missing')
      throw new ReadModelConflictError(tablePath, keyOf(operation), 'none', version)
    if (exists && expectedVersion !== undefined && version !== expectedVersion) {
      throw new ReadModelConflictError(tablePath, keyOf(operation), expectedVersion, version)
    }
    if (
      exists ||
      (before !== 'exists' && expectedVersion === undefined && operation.effect !== 'upsertPatch')
    )
      return
    if (operation.effect !== 'upsertPatch' || expectedVersion !== undefined) {
      throw new ReadModelNotFoundError(tablePath, keyOf(operation), expectedVersion)
    }
    assertComplete(operation)
  })
}

function batches(entity: RowEntity, operations: readonly RowOperation[]): readonly Batch[] {
  const written = operations.filter(({ effect }) => effect !== 'delete' && effect !== 'nothing')
  const single = batchBy(written, () => 0)
  // Rows of one statement may refer to each other, but those of the next statement do not exist yet.
  if (single.length < 2 || entity.selfReferences.length === 0) return single
  const depth = depths(entity, written)
  return batchBy(
    [...written].sort((a, b) => depth(a) - depth(b)),
    depth,
  )
}

function batchBy(
  operations: readonly RowOperation[],
  level: (operation: RowOperation) => number,
): readonly Batch[] {
  const found = new Map<string, Batch>()
  for (const operation of operations) {
    const effect = effectOf(operation)
    const { entity, values } = operation
    let id = `${effect} ${level(operation)} `
    for (const column of entity.columns) id += values.has(column) ? '1' : '0'
    const batch = found.get(id)
    if (batch !== undefined) batch.operations.push(operation)
    else {
      const columns = entity.columns.filter((column) => !column.isKey && values.has(column))
      found.set(id, { effect, columns, operations: [operation] })
    }
  }
  return [...found.values()]
}

/** An upsertPatch that cannot make a whole row, or expects a version, can only change one that exists. */
function effectOf(operation: RowOperation): RowEffect {
  const { effect, expectedVersion } = operation
  if (effect === 'nothing') return 'delete'
  if (effect !== 'upsertPatch') return effect
  return expectedVersion !== undefined || missingColumns(operation).length > 0 ? 'patch' : effect
}

function deletions(operations: readonly RowOperation[]): readonly Batch[] {
  const deleted = operations.filter(({ effect }) => effect === 'delete')
  return [true, false]
    .map((demanding) => deleted.filter((operation) => demandsRows([operation]) === demanding))
    .filter(({ length }) => length > 0)
    .map((some) => ({ effect: 'delete', columns: [], operations: some }))
}

/** How many rows of the plan each row stands below. */
function depths(entity: RowEntity, operations: readonly RowOperation[]): (operation: RowOperation) => number {
  const [first] = entity.key
  const byKey = new Map(operations.map((operation) => [operation.values.get(first!), operation]))
  const known = new Map<RowOperation, number>()
  const depth = (operation: RowOperation, above: readonly RowOperation[]): number => {
    const found = known.get(operation)
    if (found !== undefined) return found
    if (above.includes(operation)) {
      throw new ReadModelPlanError(
        entity.entity,
        undefined,
        'rows of the plan refer to each other in a circle.',
      )
    }
    const parents = entity.selfReferences.flatMap(({ column }) => {
      const parent = byKey.get(operation.values.get(column))
      return parent === undefined || parent === operation ? [] : [parent]
    })
    const own = parents.reduce(
      (deepest, parent) => Math.max(deepest, 1 + depth(parent, [...above, operation])),
      0,
    )
    known.set(operation, own)
    return own
  }
  return (operation) => depth(operation, [])
}

import type { EntityTarget, ObjectLiteral } from 'typeorm'
import { InvalidArgumentError, ReadModelPlanError } from '../errors/index.js'
import type { RowEntity, RowRelation } from '../runner/row-tables.js'
import type { RowColumn } from '../sql/row-table.js'
import { foldOperations } from './fold-operations.js'
import { identify, planDelete, planKey, planPatch, planRow } from './plan-row.js'
import type { RowOperation } from './row-operation.js'
import { TrackedRows } from './tracked-rows.js'

/** Where a plan finds its entities and rows. */
export interface RowSource {
  entity(target: EntityTarget<ObjectLiteral>): RowEntity
  /** Whether `find` writes first what is staged, so that it sees it. */
  readonly flushes: boolean
  find(entity: RowEntity, key: object, relations: readonly string[]): Promise<object | undefined>
}

/**
 * The read-model operations that were staged, one a row. Staging never throws: the first error surfaces when the
 * operations are asked for, so that nothing of a faulty plan is ever sent.
 */
export class RowPlan {
  private readonly staged = new Map<string, RowOperation>()
  private readonly tracked = new TrackedRows()
  /** Rows that were changed other than through their object since it was loaded. */
  private readonly outdated = new Set<string>()
  private closed = false
  private problem: { readonly error: unknown } | undefined

  constructor(private readonly source: RowSource) {}

  /** What was staged. Throws what went wrong while staging. */
  get operations(): readonly RowOperation[] {
    if (this.problem !== undefined) throw this.problem.error
    return [...this.staged.values()]
  }

  /** Gives what was staged, to be written now. */
  take(): readonly RowOperation[] {
    const { operations } = this
    this.staged.clear()
    this.tracked.wrote(operations)
    return operations
  }

  add(operations: readonly RowOperation[]): void {
    for (const operation of operations) {
      const first = this.staged.get(operation.id) ?? this.expectedAbsence(operation)
      this.staged.set(
        operation.id,
        first === undefined ? operation : foldOperations(first, sameTable(first, operation)),
      )
    }
  }

  row(
    target: EntityTarget<ObjectLiteral>,
    effect: 'insert' | 'upsert',
    row: object,
    expectedVersion: number | undefined,
  ): void {
    this.stage(() => this.rowWithChildren(this.source.entity(target), effect, row, NO_LINKS, expectedVersion))
  }

  patch(
    target: EntityTarget<ObjectLiteral>,
    effect: 'patch' | 'upsertPatch',
    key: object,
    changes: object,
    expectedVersion: number | undefined,
  ): void {
    this.stage(() => {
      const entity = this.source.entity(target)
      const [children] = entity.children(changes)
      if (children !== undefined) throw notPatched(entity, children.relation)
      return [planPatch(entity, effect, planKey(entity, key), entity.read(changes), expectedVersion)]
    })
  }

  delete(target: EntityTarget<ObjectLiteral>, key: object, expectedVersion: number | undefined): void {
    this.stage(() => {
      const entity = this.source.entity(target)
      return [planDelete(entity, planKey(entity, key), expectedVersion)]
    })
  }

  async find(
    target: EntityTarget<ObjectLiteral>,
    key: object,
    include: readonly string[],
  ): Promise<object | undefined> {
    const entity = this.source.entity(target)
    const { id } = identify(entity, planKey(entity, key))
    const known = this.tracked.find(id, include)
    if (known !== undefined && !(this.source.flushes && this.outdated.has(id))) return known
    const relations = include.map((name) => relationOf(entity, name))
    const row = await this.source.find(entity, key, include)
    this.outdated.delete(id)
    if (row === undefined) this.tracked.trackAbsent(id)
    else this.tracked.track(entity, row, relations)
    return row
  }

  sync(row: object): void {
    this.stage(() => this.tracked.changes(row), true)
  }

  /** A row that was looked for and missing is as if the plan had deleted it, and demands that it is missing still. */
  private expectedAbsence({ entity, id, values }: RowOperation): RowOperation | undefined {
    if (!this.tracked.isAbsent(id)) return undefined
    const key = new Map(entity.key.map((column) => [column, values.get(column) ?? null]))
    return {
      entity,
      id,
      effect: 'nothing',
      values: key,
      before: 'missing',
      expectedVersion: undefined,
    }
  }

  private rowWithChildren(
    entity: RowEntity,
    effect: 'insert' | 'upsert',
    row: object,
    links: ReadonlyMap<RowColumn, unknown>,
    expectedVersion: number | undefined,
  ): RowOperation[] {
    const planned = planRow(entity, effect, row, links, expectedVersion)
    const loaded = effect === 'upsert' ? this.tracked.version(planned.id) : undefined
    const own =
      loaded === undefined || expectedVersion !== undefined
        ? planned
        : planRow(entity, effect, row, links, loaded)
    const children = entity.children(row)
    if (children.length === 0) return [own]
    const values = new Map([...entity.read(row), ...links])
    const below = children.flatMap(({ relation, rows }) => {
      const toParent = new Map(
        relation.links.map(({ column, referenced }) => [column, values.get(referenced)]),
      )
      return rows.flatMap((child) =>
        this.rowWithChildren(relation.entity, effect, child, toParent, undefined),
      )
    })
    return [own, ...below]
  }

  /** What is staged from now on would be lost. */
  close(): void {
    this.closed = true
  }

  reopen(): void {
    this.closed = false
  }

  private stage(plan: () => readonly RowOperation[], isSync = false): void {
    if (this.closed) throw alreadyCommitted()
    if (this.problem !== undefined) return
    try {
      const operations = plan()
      if (!isSync) for (const { id } of operations) this.outdated.add(id)
      this.add(operations)
    } catch (error) {
      this.problem = { error }
    }
  }
}

/** Several entities can map one table; the columns of one operation are those of one entity. */
function sameTable(first: RowOperation, second: RowOperation): RowOperation {
  const { entity } = first
  if (entity === second.entity) return second
  const values = new Map(
    [...second.values].map(([column, value]) => {
      const own = entity.columns.find(({ databaseName }) => databaseName === column.databaseName)
      if (own !== undefined) return [own, value] as const
      throw new ReadModelPlanError(
        second.entity.entity,
        column.property,
        `is no column of ${entity.entity}, which maps the same table and changes the same row in this plan.`,
      )
    }),
  )
  return { ...second, entity, values }
}

/** Thrown at once: there is no later moment at which it could surface. */
export function alreadyCommitted(): InvalidArgumentError {
  return new InvalidArgumentError(
    'This unit of work is being committed, or was committed already: what is staged now would be lost. Await everything ' +
      'before the commit, and begin a new one with store.beginUnitOfWork().',
  )
}

function notPatched(entity: RowEntity, { name }: RowRelation): ReadModelPlanError {
  return new ReadModelPlanError(
    entity.entity,
    name,
    'lists children, which a patch does not write. Stage them by themselves, or use sync or upsert.',
  )
}

const NO_LINKS: ReadonlyMap<RowColumn, unknown> = new Map()

function relationOf(entity: RowEntity, name: string): RowRelation {
  const relation = entity.relation(name)
  if (relation !== undefined) return relation
  throw new ReadModelPlanError(
    entity.entity,
    name,
    'is no relation that can be loaded with the row. One-to-many, one-to-one and many-to-one relations can.',
  )
}

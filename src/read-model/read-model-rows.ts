import type { EntityTarget, ObjectLiteral } from 'typeorm'
import { RowPlan } from './row-plan.js'
import type { RowSource } from './row-plan.js'
import type { KeyOf, RowOf } from './row-types.js'

/** What a row has to be like before an operation. */
export interface RowExpectation {
  /** The value of its `@VersionColumn`; another one is a `ReadModelConflictError`, a missing row a `ReadModelNotFoundError`. */
  readonly expectedVersion?: number
}

/** What to load together with a row. */
export interface FindRowOptions<Entity> {
  /** Relations of the entity, one level: children and references. */
  readonly include?: readonly (keyof Entity & string)[]
}

/**
 * Stages changes of read-model rows: ordinary TypeORM entities of the host. All of them are written in the commit,
 * with few statements, parents before children. Several operations on one row fold into one in the order staged.
 *
 * Staging never throws. What is wrong with an operation (`ReadModelPlanError`: an unknown column, an incomplete row or
 * key, null where the column forbids it …) surfaces when the plan is committed, and then nothing is written.
 */
export class ReadModelRows {
  /** @internal */
  protected readonly plan: RowPlan

  /** @internal */
  constructor(source: RowSource | RowPlan) {
    this.plan = source instanceof RowPlan ? source : new RowPlan(source)
  }

  /** Inserts a new row, at version 1. A row that exists fails the commit with `ReadModelConflictError`. */
  insert<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>, row: RowOf<Entity>): void {
    this.plan.row(entity, 'insert', row, undefined)
  }

  /**
   * Inserts a row, or replaces every column of the one that exists: what the new one leaves out gets its default.
   * A row that was loaded here must still have the version that it was loaded with.
   */
  upsert<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    row: RowOf<Entity>,
    { expectedVersion }: RowExpectation = {},
  ): void {
    this.plan.row(entity, 'upsert', row, expectedVersion)
  }

  /**
   * Changes only the named columns. A missing row fails the commit with `ReadModelNotFoundError`.
   *
   * @example
   * work.patch(Balance, { id: 'acc-1' }, { balance: 70 }, { expectedVersion: 4 })
   */
  patch<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    key: KeyOf<Entity>,
    changes: RowOf<Entity>,
    { expectedVersion }: RowExpectation = {},
  ): void {
    this.plan.patch(entity, 'patch', key, changes, expectedVersion)
  }

  /** As `patch`; a missing row is inserted if key and changes make a complete one, else it is a `ReadModelPlanError`. */
  upsertPatch<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    key: KeyOf<Entity>,
    changes: RowOf<Entity>,
    { expectedVersion }: RowExpectation = {},
  ): void {
    this.plan.patch(entity, 'upsertPatch', key, changes, expectedVersion)
  }

  /** Deletes a row. A missing one is no error, unless a version was expected. */
  delete<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    key: KeyOf<Entity>,
    { expectedVersion }: RowExpectation = {},
  ): void {
    this.plan.delete(entity, key, expectedVersion)
  }

  /**
   * Loads a row, to be changed and handed to `sync`; `undefined` if it does not exist. Asked again for the same row,
   * gives the same object. Throws `ReadModelPlanError` for an unknown entity, key or relation.
   *
   * @example
   * const order = await work.find(OrderView, { id }, { include: ['lines'] })
   */
  async find<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    key: KeyOf<Entity>,
    { include = [] }: FindRowOptions<Entity> = {},
  ): Promise<Entity | undefined> {
    return (await this.plan.find(entity, key, include)) as Entity | undefined
  }

  /**
   * Stages what changed in a row since `find` or the last `sync`: changed columns as a patch that expects the loaded
   * version, new children of an included relation as upserts with their foreign key filled, removed ones as deletions.
   * A reference that was cleared never deletes its target; what was not included is untouched.
   */
  sync(row: object): void {
    this.plan.sync(row)
  }
}

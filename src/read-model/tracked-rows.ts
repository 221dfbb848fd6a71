import { ReadModelPlanError } from '../errors/index.js'
import type { RowEntity, RowRelation } from '../runner/row-tables.js'
import type { EncodedValue, RowColumn } from '../sql/row-table.js'
import { identify, planDelete, planPatch, planRow } from './plan-row.js'
import type { RowOperation } from './row-operation.js'

/** A row that was loaded, and what it was like when it was loaded or last synced. */
interface TrackedRow {
  readonly row: object
  readonly entity: RowEntity
  readonly id: string
  version: number | undefined
  values: ReadonlyMap<RowColumn, EncodedValue>
  /** The children of each included relation, by their id. */
  readonly children: Map<RowRelation, ReadonlyMap<string, TrackedRow>>
  readonly included: readonly string[]
  /** The row that it is a child of, as loaded or last synced. */
  parent: TrackedRow | undefined
}

/** The rows that one unit of work has loaded, to find out what changed. */
export class TrackedRows {
  private readonly byRow = new Map<object, TrackedRow>()
  private readonly byId = new Map<string, TrackedRow>()
  private readonly absent = new Set<string>()

  /** The row with this id, if it was loaded with these relations. */
  find(id: string, relations: readonly string[]): object | undefined {
    const tracked = this.byId.get(id)
    return relations.every((name) => tracked?.included.includes(name)) ? tracked?.row : undefined
  }

  /** The version that a row had when it was loaded. */
  version(id: string): number | undefined {
    return this.byId.get(id)?.version
  }

  /** Whether the row was looked for and not there: a new one must not replace what came meanwhile. */
  isAbsent(id: string): boolean {
    return this.absent.has(id)
  }

  trackAbsent(id: string): void {
    this.absent.add(id)
  }

  track(entity: RowEntity, row: object, relations: readonly RowRelation[]): void {
    const tracked = this.trackOne(entity, row, relations)
    for (const relation of relations) {
      const rows = relation.rows(row).map((other) => this.trackOne(relation.entity, other, []))
      if (relation.kind !== 'children') continue
      tracked.children.set(relation, new Map(rows.map((child) => [child.id, child])))
      for (const child of rows) child.parent = tracked
    }
  }

  /** What changed since the row was loaded or last synced. Throws `ReadModelPlanError` for a row that was not loaded here. */
  changes(row: object): readonly RowOperation[] {
    const tracked = this.byRow.get(row)
    if (tracked === undefined) {
      throw new ReadModelPlanError(
        row.constructor.name,
        undefined,
        'this row was not loaded by this unit of work. Load it with find(), or use upsert or patch.',
      )
    }
    const changes = this.changesOfOne(tracked)
    for (const [relation, before] of tracked.children)
      changes.push(...this.changesOfChildren(tracked, relation, before))
    return changes
  }

  /** Operations were written: the rows they changed are one version further. */
  wrote(operations: readonly RowOperation[]): void {
    for (const { id, effect } of operations) {
      this.absent.delete(id)
      const tracked = this.byId.get(id)
      if (tracked === undefined) continue
      if (effect === 'delete') this.forget(tracked)
      else if (tracked.version !== undefined) tracked.version += 1
    }
  }

  private trackOne(entity: RowEntity, row: object, relations: readonly RowRelation[]): TrackedRow {
    const values = encodedValues(entity, row)
    const tracked: TrackedRow = {
      row,
      entity,
      id: identify(entity, values).id,
      version: entity.version && Number(values.get(entity.version)),
      values,
      children: new Map(),
      included: relations.map(({ name }) => name),
      parent: undefined,
    }
    this.byRow.set(row, tracked)
    this.byId.set(tracked.id, tracked)
    this.absent.delete(tracked.id)
    return tracked
  }

  private changesOfOne(tracked: TrackedRow): RowOperation[] {
    const { entity, row, values, version } = tracked
    const current = encodedValues(entity, row, values)
    const raw = entity.read(row, values)
    const changes = new Map<RowColumn, unknown>()
    for (const [column, value] of current) {
      if (column.role === 'version' || sameValue(value, values.get(column))) continue
      changes.set(column, raw.get(column))
    }
    tracked.values = current
    if (changes.size === 0) return []
    return [planPatch(entity, 'patch', keyOf({ entity, values }), changes, version)]
  }

  private changesOfChildren(
    parent: TrackedRow,
    relation: RowRelation,
    before: ReadonlyMap<string, TrackedRow>,
  ): RowOperation[] {
    const operations: RowOperation[] = []
    const after = new Map<string, TrackedRow>()
    const parentValues = parent.entity.read(parent.row)
    for (const child of relation.rows(parent.row)) {
      const known = this.byRow.get(child)
      const links = new Map(
        relation.links.map(({ column, referenced }) => [column, parentValues.get(referenced)]),
      )
      if (known !== undefined) {
        operations.push(...this.changesOfOne(known))
        if (known.parent !== parent)
          operations.push(planPatch(known.entity, 'patch', keyOf(known), links, known.version))
        known.parent = parent
        after.set(known.id, known)
        continue
      }
      const added = planRow(
        relation.entity,
        'upsert',
        child,
        links,
        this.version(childId(relation, child, links)),
      )
      operations.push(added)
      after.set(added.id, this.adopt(relation.entity, child, added, parent))
    }
    for (const [id, child] of before) {
      // One that became the child of another row since is not removed, but moved.
      if (after.has(id) || child.parent !== parent || refersElsewhere(child, relation, parentValues)) continue
      operations.push(planDelete(child.entity, keyOf(child), child.version))
      this.forget(child)
    }
    parent.children.set(relation, after)
    return operations
  }

  /** A child that the unit of work itself adds counts as loaded from now on; its version is not known before the commit. */
  private adopt(
    entity: RowEntity,
    row: object,
    { id, values }: RowOperation,
    parent: TrackedRow,
  ): TrackedRow {
    const tracked = { row, entity, id, version: undefined, values, children: new Map(), included: [], parent }
    this.byRow.set(row, tracked)
    this.byId.set(id, tracked)
    return tracked
  }

  private forget({ row, id }: TrackedRow): void {
    this.byRow.delete(row)
    this.byId.delete(id)
  }
}

function keyOf({ entity, values }: Pick<TrackedRow, 'entity' | 'values'>): Map<RowColumn, EncodedValue> {
  return new Map(entity.key.map((column) => [column, values.get(column) ?? null]))
}

function childId(relation: RowRelation, child: object, links: ReadonlyMap<RowColumn, unknown>): string {
  const { entity } = relation
  const given = new Map([...entity.read(child), ...links])
  const key = entity.key.map((column): [RowColumn, EncodedValue] => [
    column,
    entity.encode(column, given.get(column) ?? null),
  ])
  return identify(entity, new Map(key)).id
}

/** Whether a child that is gone from its list was given to another row through its own reference. */
function refersElsewhere(
  { entity, row, values }: TrackedRow,
  { links }: RowRelation,
  parentValues: ReadonlyMap<RowColumn, unknown>,
): boolean {
  const current = entity.read(row, values)
  return links.some(
    ({ column, referenced }) =>
      current.has(column) &&
      !sameValue(
        entity.encode(column, current.get(column)),
        entity.encode(column, parentValues.get(referenced)),
      ),
  )
}

function encodedValues(
  entity: RowEntity,
  row: object,
  before?: ReadonlyMap<RowColumn, EncodedValue>,
): Map<RowColumn, EncodedValue> {
  return new Map(
    [...entity.read(row, before)].map(([column, value]) => [column, entity.encode(column, value)]),
  )
}

function sameValue(a: EncodedValue, b: EncodedValue | undefined): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b))
}

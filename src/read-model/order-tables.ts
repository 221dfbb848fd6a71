import { ReadModelPlanError } from '../errors/index.js'
import type { RowEntity } from '../runner/row-tables.js'

/** Sorts entities so that each comes after those that its foreign keys refer to. Throws `ReadModelPlanError` for a cycle. */
export function orderTables(entities: Iterable<RowEntity>): readonly RowEntity[] {
  const byPath = new Map<string, RowEntity[]>()
  for (const entity of entities) {
    const sharing = byPath.get(entity.tablePath)
    if (sharing === undefined) byPath.set(entity.tablePath, [entity])
    else if (!sharing.includes(entity)) sharing.push(entity)
  }
  const ordered: RowEntity[] = []
  const done = new Set<string>()
  const visit = (path: string, above: readonly string[]): void => {
    if (done.has(path)) return
    if (above.includes(path)) {
      const circle = [...above.slice(above.indexOf(path)), path].join(' → ')
      throw new ReadModelPlanError(
        byPath.get(path)![0]!.entity,
        undefined,
        `its foreign keys form a circle (${circle}), so there is no order in which to write the rows. Split the unit of work, ` +
          `or take one of the foreign keys away.`,
      )
    }
    const sharing = byPath.get(path)
    if (sharing === undefined) return
    for (const { parents } of sharing) for (const parent of parents) visit(parent, [...above, path])
    done.add(path)
    ordered.push(...sharing)
  }
  for (const path of byPath.keys()) visit(path, [])
  return ordered
}

import { DIRECTIONS, stepFrom } from '../domain/position.js'
import type { Direction, Position } from '../domain/position.js'

/**
 * The first step of a shortest way to a cell that is a goal; `undefined` if there is none within so many steps. The
 * cell where the way begins is none.
 */
export function firstStep(
  from: Position,
  isFree: (cell: Position) => boolean,
  isGoal: (cell: Position) => boolean,
  longest = Infinity,
): Direction | undefined {
  const seen = new Set([keyOf(from)])
  let reached: { readonly cell: Position; readonly first: Direction | undefined }[] = [
    { cell: from, first: undefined },
  ]
  for (let distance = 1; distance <= longest && reached.length > 0; distance++) {
    const next: typeof reached = []
    for (const { cell, first } of reached) {
      for (const direction of DIRECTIONS) {
        const neighbour = stepFrom(cell, direction)
        if (!isFree(neighbour) || seen.has(keyOf(neighbour))) continue
        if (isGoal(neighbour)) return first ?? direction
        seen.add(keyOf(neighbour))
        next.push({ cell: neighbour, first: first ?? direction })
      }
    }
    reached = next
  }
  return undefined
}

function keyOf({ x, y }: Position): string {
  return `${x},${y}`
}

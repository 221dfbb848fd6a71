/** A cell of the map; x grows to the right, y grows downwards, both from 0. */
export interface Position {
  readonly x: number
  readonly y: number
}

export type Direction = 'up' | 'right' | 'down' | 'left'

export const DIRECTIONS: readonly Direction[] = ['up', 'right', 'down', 'left']

const STEPS: Readonly<Record<Direction, Position>> = {
  up: { x: 0, y: -1 },
  right: { x: 1, y: 0 },
  down: { x: 0, y: 1 },
  left: { x: -1, y: 0 },
}

/** The cell that lies so many steps away. */
export function stepFrom({ x, y }: Position, direction: Direction, distance = 1): Position {
  const step = STEPS[direction]
  return { x: x + step.x * distance, y: y + step.y * distance }
}

export function isSame(one: Position, other: Position): boolean {
  return one.x === other.x && one.y === other.y
}

export function includes(cells: readonly Position[], wanted: Position): boolean {
  return cells.some((cell) => isSame(cell, wanted))
}

import { DIRECTIONS, includes, stepFrom } from './position.js'
import type { Position } from './position.js'
import { tileAt } from './tiles.js'
import type { Tiles } from './tiles.js'

/** What has to be known of a bomb to foresee its fire. */
export interface Charge {
  readonly at: Position
  readonly radius: number
  readonly fuse: number
}

export interface Blast<B extends Charge> {
  readonly bomb: B
  readonly cells: readonly Position[]
}

/** The cells that fire reaches: walls stop it, and so does the first block, which it reaches but does not pass. */
export function cellsOnFire(tiles: Tiles, { at, radius }: Pick<Charge, 'at' | 'radius'>): Position[] {
  const cells = [at]
  for (const direction of DIRECTIONS) {
    for (let distance = 1; distance <= radius; distance++) {
      const cell = stepFrom(at, direction, distance)
      const tile = tileAt(tiles, cell)
      if (tile === undefined || tile === 'wall') break
      cells.push(cell)
      if (tile === 'block') break
    }
  }
  return cells
}

/**
 * The blasts of one tick: of the bombs whose fuse has burned down, then of those that their fire sets off. All of
 * them happen at once: a block that two of them reach stops both.
 */
export function chainReaction<B extends Charge>(tiles: Tiles, bombs: readonly B[]): Blast<B>[] {
  const waiting = new Set(bombs)
  const exploding = bombs.filter(({ fuse }) => fuse <= 0)
  const blasts: Blast<B>[] = []
  for (const bomb of exploding) {
    if (!waiting.delete(bomb)) continue
    const cells = cellsOnFire(tiles, bomb)
    blasts.push({ bomb, cells })
    exploding.push(...[...waiting].filter(({ at }) => includes(cells, at)))
  }
  return blasts
}

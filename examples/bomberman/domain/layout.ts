import { InvalidLayoutError } from './errors.js'
import type { Position } from './position.js'
import type { PowerUp } from './power-up.js'
import type { Tile, Tiles } from './tiles.js'

/** What a map looks like when a game begins. */
export interface Layout {
  readonly tiles: Tiles
  /** Where players may begin, by index. */
  readonly spawns: readonly Position[]
  /** What blocks hide until they are destroyed. */
  readonly hidden: readonly PowerUp[]
}

const TILES: Readonly<Record<string, Tile>> = {
  '#': 'wall',
  '.': 'floor',
  '@': 'floor',
  '+': 'block',
  b: 'block',
  f: 'block',
}

/**
 * Reads a map from its rows: `#` is a wall, `.` is floor, `@` is floor where a player may begin, `+` is a block,
 * `b` and `f` are blocks that hide more bombs and more fire. Throws `InvalidLayoutError`.
 */
export function parseLayout(rows: readonly string[]): Layout {
  const tiles = rows.map((row) => Array.from(row, tileOf))
  if (tiles.some((row) => row.length !== tiles[0]?.length)) {
    throw new InvalidLayoutError('its rows differ in length')
  }
  const spawns = cellsWith(rows, '@')
  if (spawns.length === 0) throw new InvalidLayoutError("it has no '@' where a player may begin")
  const hidden: PowerUp[] = [
    ...cellsWith(rows, 'b').map((at): PowerUp => ({ kind: 'more-bombs', at })),
    ...cellsWith(rows, 'f').map((at): PowerUp => ({ kind: 'more-fire', at })),
  ]
  return { tiles, spawns, hidden }
}

function tileOf(symbol: string): Tile {
  const tile = TILES[symbol]
  if (tile === undefined) throw new InvalidLayoutError(`it contains '${symbol}'`)
  return tile
}

function cellsWith(rows: readonly string[], wanted: string): Position[] {
  return rows.flatMap((row, y) =>
    Array.from(row).flatMap((symbol, x) => (symbol === wanted ? [{ x, y }] : [])),
  )
}

import { isSame } from './position.js'
import type { Position } from './position.js'

/** Walls stay for ever; fire turns a block into floor; players walk on floor only. */
export type Tile = 'wall' | 'block' | 'floor'

/** The tiles of a map, row by row. */
export type Tiles = readonly (readonly Tile[])[]

/** The tile of a cell; `undefined` off the map. */
export function tileAt(tiles: Tiles, { x, y }: Position): Tile | undefined {
  return tiles[y]?.[x]
}

/** The same tiles with floor where a block was. */
export function withoutBlock(tiles: Tiles, at: Position): Tiles {
  return tiles.map((row, y) => row.map((tile, x) => (isSame({ x, y }, at) ? 'floor' : tile)))
}

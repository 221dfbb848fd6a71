import { nameOf } from '../domain/ids.js'
import { includes, isSame } from '../domain/position.js'
import type { Position } from '../domain/position.js'
import type { Tile } from '../domain/tiles.js'
import type { Board } from '../read-model/board.js'
import type { Colour, Paint } from './colours.js'

const PLAYER_COLOURS: readonly Colour[] = ['cyan', 'magenta', 'green', 'blue']

/** The board as text: two characters a cell, and a line about each player below. */
export function drawBoard(board: Board, paint: Paint): string {
  const rows = board.tiles.map((row, y) =>
    row.map((tile, x) => drawCell(board, tile, { x, y }, paint)).join(''),
  )
  const players = board.players.map(({ id, alive, bombsLeft, radius }, index) => {
    const state = alive ? `bombs ${bombsLeft}, fire ${radius}` : 'dead'
    return `${paint(nameOf(id).padEnd(5), alive ? colourOf(index) : 'grey')} ${state}`
  })
  return [`tick ${board.tick}`, ...rows, ...players].join('\n')
}

/** What is on top hides what is below: players, bombs, fire, power-ups, the tile. */
function drawCell(board: Board, tile: Tile, cell: Position, paint: Paint): string {
  const onFire = board.explosions.some(({ cells }) => includes(cells, cell))
  const bomb = board.bombs.find(({ at }) => isSame(at, cell))
  const index = board.players.findIndex(({ at, alive }) => alive && isSame(at, cell))
  const player = board.players[index]
  if (player !== undefined) {
    const initial = nameOf(player.id).slice(0, 1).toUpperCase()
    return paint(`${initial}${bomb === undefined ? ' ' : '●'}`, colourOf(index))
  }
  if (bomb !== undefined) return paint(`●${bomb.fuse}`, 'red')
  if (onFire) return paint('░░', 'red')
  const powerUp = board.powerUps.find(({ at }) => isSame(at, cell))
  if (powerUp !== undefined) return paint(powerUp.kind === 'more-bombs' ? '+b' : '+f', 'green')
  return drawTile(tile, paint)
}

function drawTile(tile: Tile, paint: Paint): string {
  switch (tile) {
    case 'wall':
      return paint('██', 'grey')
    case 'block':
      return paint('▒▒', 'yellow')
    case 'floor':
      return '  '
  }
}

function colourOf(index: number): Colour {
  return PLAYER_COLOURS[index % PLAYER_COLOURS.length]!
}

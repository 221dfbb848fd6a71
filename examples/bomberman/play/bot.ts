import { cellsOnFire } from '../domain/blast.js'
import { DIRECTIONS, includes, isSame, stepFrom } from '../domain/position.js'
import type { Direction, Position } from '../domain/position.js'
import { tileAt } from '../domain/tiles.js'
import { FUSE } from '../domain/bomb.js'
import type { Board, BoardPlayer } from '../read-model/board.js'
import { firstStep } from './paths.js'
import { pick } from './random.js'
import type { Random } from './random.js'

export type Action =
  | { readonly kind: 'move'; readonly direction: Direction }
  | { readonly kind: 'bomb' }
  | { readonly kind: 'wait' }

/** How often it does not think. Bots that never make a mistake would play for ever. */
const CARELESSNESS = 0.12
/** The bomb's own tick comes before the first step away from it. */
const STEPS_TO_ESCAPE = FUSE - 1

/** What a computer player does next. It knows the board and nothing else, and is careful most of the time. */
export function decide(board: Board, player: BoardPlayer, random: Random): Action {
  const isFree = (cell: Position): boolean => tileAt(board.tiles, cell) === 'floor'
  if (random() < CARELESSNESS) {
    return moveTo(
      pick(
        random,
        DIRECTIONS.filter((direction) => isFree(stepFrom(player.at, direction))),
      ),
    )
  }
  const onFire = board.bombs.flatMap((bomb) => cellsOnFire(board.tiles, bomb))
  const isSafe = (cell: Position): boolean => !includes(onFire, cell)
  if (!isSafe(player.at)) return moveTo(firstStep(player.at, isFree, isSafe))

  const isGoodForBomb = (cell: Position): boolean => isWorthBombing(board, player, cell) && canEscape(cell)
  const canEscape = (cell: Position): boolean => {
    const fire = cellsOnFire(board.tiles, { at: cell, radius: player.radius })
    const isAway = (other: Position): boolean => isSafe(other) && !includes(fire, other)
    return firstStep(cell, isFree, isAway, STEPS_TO_ESCAPE) !== undefined
  }
  if (player.bombsLeft > 0 && isGoodForBomb(player.at)) return { kind: 'bomb' }
  const isGoal = (cell: Position): boolean =>
    board.powerUps.some(({ at }) => isSame(at, cell)) || isGoodForBomb(cell)
  return moveTo(firstStep(player.at, (cell) => isFree(cell) && isSafe(cell), isGoal))
}

/** A bomb there would hit a block or somebody else. */
function isWorthBombing(board: Board, player: BoardPlayer, cell: Position): boolean {
  const others = board.players.filter(({ id, alive }) => alive && id !== player.id).map(({ at }) => at)
  return cellsOnFire(board.tiles, { at: cell, radius: player.radius }).some(
    (hit) => tileAt(board.tiles, hit) === 'block' || includes(others, hit),
  )
}

function moveTo(direction: Direction | undefined): Action {
  return direction === undefined ? { kind: 'wait' } : { kind: 'move', direction }
}

import type { EventStore } from '../../../src/index.js'
import { joinGame } from '../handlers/join-game.js'
import { movePlayer } from '../handlers/move-player.js'
import { placeBomb } from '../handlers/place-bomb.js'
import { runTick } from '../handlers/run-tick.js'
import { startGame } from '../handlers/start-game.js'
import { Board } from '../read-model/board.js'
import { decide } from './bot.js'
import type { Random } from './random.js'
import { randomLayout } from './random-layout.js'

export const NAMES: readonly string[] = ['ann', 'bob', 'cid', 'dot']

/** A game that is not decided by then ends without a winner. */
const LAST_TICK = 400

export interface Match {
  readonly game: string
  readonly players: number
  readonly random: Random
  /** Told of the board at the beginning and after every tick. */
  readonly onTick?: (board: Board) => void | Promise<void>
}

/** Lets computer players play until one of them wins. In each turn everybody acts once, then the clock ticks. */
export async function playGame(store: EventStore, match: Match): Promise<Board> {
  const { game, players, random, onTick } = match
  await startGame(store, { game, rows: randomLayout(random) })
  for (const [spawn, name] of NAMES.slice(0, players).entries()) await joinGame(store, { game, name, spawn })
  let board = await boardOf(store, game)
  await onTick?.(board)
  while (!board.over && board.tick < LAST_TICK) {
    for (const { id } of board.players.filter(({ alive }) => alive)) await act(store, game, id, random)
    await runTick(store, { game })
    board = await boardOf(store, game)
    await onTick?.(board)
  }
  return board
}

/** Every player sees what those before it have done in this turn. */
async function act(store: EventStore, game: string, id: string, random: Random): Promise<void> {
  const board = await boardOf(store, game)
  const player = board.players.find((other) => other.id === id)!
  const action = decide(board, player, random)
  if (action.kind === 'move') await movePlayer(store, { player: id, direction: action.direction })
  if (action.kind === 'bomb') await placeBomb(store, { player: id })
}

function boardOf(store: EventStore, game: string): Promise<Board> {
  return store.dataSource.getRepository(Board).findOneByOrFail({ id: game })
}

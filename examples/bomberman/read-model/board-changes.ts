import type { GameEvents } from '../domain/events.js'
import { parseLayout } from '../domain/layout.js'
import { FIRST_BOMBS, FIRST_RADIUS } from '../domain/player.js'
import { isSame } from '../domain/position.js'
import { withoutBlock } from '../domain/tiles.js'
import type { BoardPlayer, BoardState } from './board.js'

/** An event and the board before it; `id` is the aggregate's. */
interface Moment<Payload> {
  readonly board: BoardState
  readonly payload: Payload
  readonly id: string
}

type Change<Payload> = (moment: Moment<Payload>) => Partial<BoardState>

/** What every event of the game changes on the board. A kind of event that is missing here does not compile. */
export const boardChanges: { readonly [Name in keyof GameEvents]: Change<GameEvents[Name]> } = {
  'map-drawn': ({ payload }) => ({ tiles: parseLayout(payload.rows).tiles }),
  'spawn-taken': () => ({}),
  'block-destroyed': ({ board: { tiles, powerUps }, payload: { at, revealed } }) => ({
    tiles: withoutBlock(tiles, at),
    powerUps: revealed === null ? powerUps : [...powerUps, { kind: revealed, at }],
  }),
  'power-up-taken': ({ board, payload: { powerUp } }) => ({
    powerUps: board.powerUps.filter(({ at }) => !isSame(at, powerUp.at)),
  }),
  'game-ended': ({ payload }) => ({ over: true, winner: payload.winner }),

  'player-spawned': ({ board, payload: { at }, id }) => ({
    players: [...board.players, { id, at, alive: true, bombsLeft: FIRST_BOMBS, radius: FIRST_RADIUS }],
  }),
  'player-moved': ({ board, payload, id }) => withPlayer(board, id, () => ({ at: payload.to })),
  'player-powered-up': ({ board, payload, id }) =>
    withPlayer(board, id, ({ bombsLeft, radius }) =>
      payload.kind === 'more-bombs' ? { bombsLeft: bombsLeft + 1 } : { radius: radius + 1 },
    ),
  'bomb-spent': ({ board, id }) => withPlayer(board, id, ({ bombsLeft }) => ({ bombsLeft: bombsLeft - 1 })),
  'bomb-regained': ({ board, id }) =>
    withPlayer(board, id, ({ bombsLeft }) => ({ bombsLeft: bombsLeft + 1 })),
  'player-killed': ({ board, id }) => withPlayer(board, id, () => ({ alive: false })),

  'bomb-placed': ({ board, payload: { at, radius, fuse }, id }) => ({
    bombs: sortedWith(board.bombs, { id, at, radius, fuse }),
  }),
  'fuse-burned': ({ board, id }) => ({
    bombs: board.bombs.map((bomb) => (bomb.id === id ? { ...bomb, fuse: bomb.fuse - 1 } : bomb)),
  }),
  'bomb-exploded': ({ board, id }) => ({ bombs: without(board.bombs, id) }),
  'explosion-started': ({ board, payload: { cells }, id }) => ({
    explosions: sortedWith(board.explosions, { id, cells }),
  }),
  'explosion-faded': ({ board, id }) => ({ explosions: without(board.explosions, id) }),

  'tick-started': ({ payload }) => ({ tick: payload.number }),
  'tick-finished': () => ({}),
}

function withPlayer(
  { players }: BoardState,
  id: string,
  change: (player: BoardPlayer) => Partial<BoardPlayer>,
): Partial<BoardState> {
  return {
    players: players.map((player) => (player.id === id ? { ...player, ...change(player) } : player)),
  }
}

/**
 * Two players may place bombs at the same moment. Their events can reach the board in one order and be numbered in the
 * other, so the order in which they arrive must not show: the entries are sorted.
 */
function sortedWith<T extends { readonly id: string }>(list: readonly T[], entry: T): readonly T[] {
  return [...list, entry].sort((one, other) => (one.id < other.id ? -1 : 1))
}

function without<T extends { readonly id: string }>(list: readonly T[], id: string): readonly T[] {
  return list.filter((entry) => entry.id !== id)
}

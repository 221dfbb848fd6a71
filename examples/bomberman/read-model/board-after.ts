import type { RecordedEvent } from '../../../src/index.js'
import { gameOf } from '../domain/ids.js'
import { boardChanges } from './board-changes.js'
import type { BoardState } from './board.js'

/** The board before the first event. */
export function emptyBoard(game: string): BoardState {
  return {
    id: game,
    tick: 0,
    tiles: [],
    powerUps: [],
    players: [],
    bombs: [],
    explosions: [],
    over: false,
    winner: null,
  }
}

/** The board after one more event. It gives a new one and leaves the given one as it is. */
export function boardAfter(board: BoardState, { name, payload, aggregateId }: RecordedEvent): BoardState {
  if (!isGameEvent(name)) return board
  // The events come from the store, which gives back the payload that was recorded under the name.
  const change = boardChanges[name] as (moment: object) => Partial<BoardState>
  return { ...board, ...change({ board, payload, id: aggregateId }) }
}

/** Every board, made from nothing but the events, in their order. */
export async function rebuildBoards(events: AsyncIterable<RecordedEvent>): Promise<Map<string, BoardState>> {
  const boards = new Map<string, BoardState>()
  for await (const event of events) {
    const game = gameOf(event.aggregateId)
    boards.set(game, boardAfter(boards.get(game) ?? emptyBoard(game), event))
  }
  return boards
}

function isGameEvent(name: string): name is keyof typeof boardChanges {
  return Object.hasOwn(boardChanges, name)
}

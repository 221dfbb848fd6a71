import { defineProjection } from '../../../src/index.js'
import type { ReadModelRows, RecordedEvent } from '../../../src/index.js'
import { gameOf } from '../domain/ids.js'
import { boardAfter, emptyBoard } from './board-after.js'
import { boardChanges } from './board-changes.js'
import { Board } from './board.js'

/** Keeps the boards: inside each commit, so a board is never behind the events. */
export const boards = defineProjection({
  name: 'boards',
  on: Object.fromEntries(Object.keys(boardChanges).map((name) => [name, changeBoard])),
})

async function changeBoard(event: RecordedEvent, rows: ReadModelRows): Promise<void> {
  const game = gameOf(event.aggregateId)
  const board = await rows.find(Board, { id: game })
  if (board === undefined) {
    rows.insert(Board, boardAfter(emptyBoard(game), event))
    return
  }
  Object.assign(board, boardAfter(board, event))
  rows.sync(board)
}

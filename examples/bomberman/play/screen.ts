import { setTimeout as sleep } from 'node:timers/promises'
import type { WriteStream } from 'node:tty'
import { nameOf } from '../domain/ids.js'
import type { Board } from '../read-model/board.js'
import { inColour, plain } from './colours.js'
import type { Paint } from './colours.js'
import { drawBoard } from './draw-board.js'

const HOME_AND_CLEAR = '\u001b[H\u001b[J'

export interface ScreenOptions {
  /** How long a board stays before the next one replaces it. */
  readonly pauseMs: number
  /** @defaultValue true on a terminal, unless NO_COLOR is set */
  readonly colours?: boolean
}

/** Shows a game: on a terminal each board in the place of the one before, else a line for each tick with news. */
export class Screen {
  private before: Board | undefined
  private readonly animated: boolean
  private readonly pauseMs: number
  private readonly paint: Paint

  constructor(
    private readonly output: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean },
    { pauseMs, colours }: ScreenOptions,
  ) {
    this.animated = output.isTTY === true
    this.pauseMs = pauseMs
    this.paint = (colours ?? (this.animated && !process.env['NO_COLOR'])) ? inColour : plain
  }

  async show(board: Board): Promise<void> {
    if (this.animated) {
      this.output.write(`${HOME_AND_CLEAR}${drawBoard(board, this.paint)}\n`)
      await sleep(this.pauseMs)
    } else if (this.before === undefined || board.over) {
      this.output.write(`${drawBoard(board, this.paint)}\n\n`)
    } else {
      const news = newsOf(this.before, board)
      if (news.length > 0) this.output.write(`tick ${board.tick}: ${news.join(', ')}\n`)
    }
    this.before = board
  }
}

/** What happened from one board to the next. */
function newsOf(before: Board, after: Board): string[] {
  const bombs = after.explosions.length
  const dead = before.players.filter(
    ({ id, alive }) => alive && after.players.some((player) => player.id === id && !player.alive),
  )
  return [
    ...(bombs === 0 ? [] : [bombs === 1 ? 'a bomb goes off' : `${bombs} bombs go off`]),
    ...dead.map(({ id }) => `${nameOf(id)} dies`),
  ]
}

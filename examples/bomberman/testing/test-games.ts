import { randomUUID } from 'node:crypto'
import type { DataSource } from 'typeorm'
import { createPostgresDatabase } from '../../../test/support/databases.js'
import type { EventStore } from '../../../src/index.js'
import { openDatabase } from '../database.js'
import { joinGame } from '../handlers/join-game.js'
import { movePlayer } from '../handlers/move-player.js'
import { placeBomb } from '../handlers/place-bomb.js'
import { runTick } from '../handlers/run-tick.js'
import { startGame } from '../handlers/start-game.js'
import type { Direction } from '../domain/position.js'
import { openStore } from '../open-store.js'
import { emptyBoard, rebuildBoards } from '../read-model/board-after.js'
import { Board } from '../read-model/board.js'
import type { BoardState } from '../read-model/board.js'
import { NAMES } from '../play/play-game.js'

export type Kind = 'sqlite' | 'postgres'

/** A database of its own, opened as the program opens it, for the games of one test file. */
export class TestGames {
  private opened: { readonly dataSource: DataSource; readonly store: EventStore } | undefined
  private drop: (() => Promise<void>) | undefined

  constructor(readonly kind: Kind) {}

  get store(): EventStore {
    return this.opened!.store
  }

  async open(): Promise<void> {
    const { url, drop } = this.kind === 'postgres' ? await createPostgresDatabase() : { drop: undefined }
    this.drop = drop
    const dataSource = await openDatabase({ DATABASE_URL: url })
    this.opened = { dataSource, store: openStore(dataSource) }
  }

  async close(): Promise<void> {
    await this.opened?.dataSource.destroy()
    await this.drop?.()
  }

  /** Starts a game; a player joins at each of the map's first places. */
  async start(rows: readonly string[], players: number): Promise<TestGame> {
    const game = randomUUID()
    await startGame(this.store, { game, rows })
    const ids: string[] = []
    for (const [spawn, name] of NAMES.slice(0, players).entries()) {
      ids.push(await joinGame(this.store, { game, name, spawn }))
    }
    return new TestGame(this.store, game, ids)
  }

  /** The boards in the database, and the same made anew from the events. */
  async boards(): Promise<{ readonly kept: BoardState[]; readonly rebuilt: BoardState[] }> {
    const rows = await this.store.dataSource.getRepository(Board).find()
    const rebuilt = await rebuildBoards(this.store.readAll())
    return { kept: sorted(rows.map(withoutVersion)), rebuilt: sorted([...rebuilt.values()]) }
  }
}

/** One game, with what the tests do again and again. */
export class TestGame {
  constructor(
    private readonly store: EventStore,
    readonly id: string,
    /** The ids, in the order of the places where they began. */
    readonly players: readonly string[],
  ) {}

  async move(player: number, ...directions: readonly Direction[]): Promise<void> {
    for (const direction of directions) {
      await movePlayer(this.store, { player: this.players[player]!, direction })
    }
  }

  /** Gives the bomb's id. */
  placeBomb(player: number): Promise<string> {
    return placeBomb(this.store, { player: this.players[player]! })
  }

  async tick(times = 1): Promise<void> {
    for (let count = 0; count < times; count++) await runTick(this.store, { game: this.id })
  }

  async board(): Promise<BoardState> {
    return withoutVersion(await this.store.dataSource.getRepository(Board).findOneByOrFail({ id: this.id }))
  }
}

function withoutVersion(board: Board): BoardState {
  const properties = Object.keys(emptyBoard('')) as (keyof BoardState)[]
  return Object.fromEntries(
    properties.map((property) => [property, board[property]]),
  ) as unknown as BoardState
}

function sorted(boards: readonly BoardState[]): BoardState[] {
  return [...boards].sort((one, other) => (one.id < other.id ? -1 : 1))
}

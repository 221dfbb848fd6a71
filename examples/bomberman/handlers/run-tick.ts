import type { EventStore, UnitOfWork } from '../../../src/index.js'
import { Bomb } from '../domain/bomb.js'
import { UnknownGameError } from '../domain/errors.js'
import { Explosion } from '../domain/explosion.js'
import { tickId } from '../domain/ids.js'
import { Player } from '../domain/player.js'
import { TickSaga } from '../domain/tick-saga.js'
import type { Kill } from '../domain/tick-saga.js'
import { Board } from '../read-model/board.js'
import { loadMap } from './participants.js'
import { PATIENCE } from './patience.js'

/** The type of the outbox message about a killed player. */
export const PLAYER_KILLED = 'player-killed'

export interface PlayerKilledMessage {
  readonly game: string
  readonly tick: number
  readonly player: string
  readonly by: string
  readonly bomb: string
}

/**
 * Lets the clock of a game tick once: everything that happens in the tick is one commit, with one outbox message for
 * each kill. Gives the number of the tick. Throws `UnknownGameError`, `GameOverError`.
 */
export async function runTick(store: EventStore, { game }: { readonly game: string }): Promise<number> {
  const { result } = await store.unitOfWork(
    async (work) => {
      const board = await work.find(Board, { id: game })
      if (board === undefined) throw new UnknownGameError(game)
      const map = await loadMap(work, game)
      const players = await work.load(Player, idsOf(board.players))
      const bombs = await work.load(Bomb, idsOf(board.bombs))
      const explosions = await work.load(Explosion, idsOf(board.explosions))

      // The board says what to load, so the commit has to fail if somebody changes it meanwhile, for instance by placing a
      // bomb that would be forgotten here. `sync` expects the version that was read.
      board.tick += 1
      work.sync(board)

      const number = board.tick
      const explosionOf = (bomb: Bomb): Explosion => work.create(Explosion, bomb.aggregateId)
      const saga = work.create(TickSaga, tickId(game, number))
      const kills = saga.run(number, { map, players, bombs, explosions, explosionOf })
      for (const kill of kills) announce(work, { game, tick: number }, kill)
      return number
    },
    { retry: PATIENCE },
  )
  return result
}

function announce(
  work: UnitOfWork,
  where: { readonly game: string; readonly tick: number },
  { player, by, bomb }: Kill,
): void {
  const payload: PlayerKilledMessage = { ...where, player: player.aggregateId, by, bomb }
  // A player dies once, so the id keeps a second message about it out of the outbox.
  work.send({ messageId: `${player.aggregateId}/killed`, type: PLAYER_KILLED, payload }, { source: player })
}

function idsOf(entries: readonly { readonly id: string }[]): string[] {
  return entries.map(({ id }) => id)
}

import type { EventStore } from '../../../src/index.js'
import { Bomb, FUSE } from '../domain/bomb.js'
import { bombId } from '../domain/ids.js'
import { loadPlayer } from './participants.js'
import { PATIENCE } from './patience.js'

/**
 * Places a bomb where the player stands, and gives its id. Throws `NoBombsLeftError`, `DeadPlayerError`,
 * `UnknownGameError`, `UnknownPlayerError`, `GameOverError`.
 */
export async function placeBomb(
  store: EventStore,
  { player: id }: { readonly player: string },
): Promise<string> {
  const { result } = await store.unitOfWork(
    async (work) => {
      const { player } = await loadPlayer(work, id)
      player.spendBomb()
      const bomb = work.create(Bomb, bombId(id, player.bombsPlaced))
      bomb.place({ owner: id, at: player.at, radius: player.radius, fuse: FUSE })
      return bomb.aggregateId
    },
    { retry: PATIENCE },
  )
  return result
}

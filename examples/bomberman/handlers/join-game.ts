import type { EventStore } from '../../../src/index.js'
import { playerId } from '../domain/ids.js'
import { Player } from '../domain/player.js'
import { loadMap } from './participants.js'
import { PATIENCE } from './patience.js'

/**
 * Puts a player on one of the map's places to begin at, and gives the player's id. Throws `SpawnOutOfRangeError`,
 * `SpawnTakenError`, `AlreadyJoinedError`, `UnknownGameError`, `GameOverError`.
 */
export async function joinGame(
  store: EventStore,
  { game, name, spawn }: { readonly game: string; readonly name: string; readonly spawn: number },
): Promise<string> {
  const id = playerId(game, name)
  await store.unitOfWork(
    async (work) => {
      const map = await loadMap(work, game)
      const at = map.takeSpawn(spawn, id)
      work.create(Player, id).spawn({ at })
    },
    { retry: PATIENCE },
  )
  return id
}

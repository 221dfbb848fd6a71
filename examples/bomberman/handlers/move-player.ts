import type { EventStore } from '../../../src/index.js'
import type { Direction } from '../domain/position.js'
import { loadPlayer } from './participants.js'
import { PATIENCE } from './patience.js'

/**
 * Moves a player one step. Map and player are committed together: where nothing lies the map is only checked, so that
 * nobody walks on a map that has changed. Throws `OffTheMapError`, `BlockedError`, `DeadPlayerError`,
 * `UnknownGameError`, `UnknownPlayerError`, `GameOverError`.
 */
export async function movePlayer(
  store: EventStore,
  { player: id, direction }: { readonly player: string; readonly direction: Direction },
): Promise<void> {
  await store.unitOfWork(
    async (work) => {
      const { map, player } = await loadPlayer(work, id)
      player.move(direction, map)
    },
    { retry: PATIENCE },
  )
}

import type { EventStore } from '../../../src/index.js'
import { GameMap } from '../domain/game-map.js'

/**
 * Begins a game on a map (see `parseLayout`). Throws `InvalidLayoutError`, and `ConcurrentWriteError` if there is a
 * game with this id.
 */
export async function startGame(
  store: EventStore,
  { game, rows }: { readonly game: string; readonly rows: readonly string[] },
): Promise<void> {
  await store.unitOfWork((work) => {
    work.create(GameMap, game).draw({ rows })
  })
}

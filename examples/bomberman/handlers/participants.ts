import type { UnitOfWork } from '../../../src/index.js'
import { UnknownGameError, UnknownPlayerError } from '../domain/errors.js'
import { GameMap } from '../domain/game-map.js'
import { gameOf } from '../domain/ids.js'
import { Player } from '../domain/player.js'

/** The map of a game that goes on. It takes part: if somebody else changes it meanwhile, the commit fails. */
export async function loadMap(work: UnitOfWork, game: string): Promise<GameMap> {
  const map = await work.load(GameMap, game)
  if (map === undefined) throw new UnknownGameError(game)
  map.assertRunning()
  return map
}

/** A player and the map of its game. */
export async function loadPlayer(
  work: UnitOfWork,
  id: string,
): Promise<{ readonly map: GameMap; readonly player: Player }> {
  const map = await loadMap(work, gameOf(id))
  const player = await work.load(Player, id)
  if (player === undefined) throw new UnknownPlayerError(id)
  return { map, player }
}

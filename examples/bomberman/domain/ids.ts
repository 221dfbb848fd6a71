// The ids say who belongs to whom: the map has the game's own id, everything else begins with it.

export function playerId(game: string, name: string): string {
  return `${game}/${name}`
}

/** The bombs of a player are numbered. An explosion has the id of its bomb: it is of another type. */
export function bombId(player: string, number: number): string {
  return `${player}/bomb-${number}`
}

export function tickId(game: string, number: number): string {
  return `${game}/tick-${number}`
}

/** The game that an aggregate belongs to. */
export function gameOf(aggregateId: string): string {
  return aggregateId.split('/', 1)[0]!
}

/** What a player is called, from its id or that of one of its bombs. */
export function nameOf(aggregateId: string): string {
  return aggregateId.split('/', 2)[1]!
}

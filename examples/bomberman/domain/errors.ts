import type { Position } from './position.js'
import type { Tile } from './tiles.js'

/** What the rules of the game do not allow. Nothing of the refused move was recorded. */
export abstract class GameError extends Error {
  constructor(message: string) {
    super(message)
    this.name = new.target.name
  }
}

export class InvalidLayoutError extends GameError {
  constructor(readonly problem: string) {
    super(`This is no map: ${problem}.`)
  }
}

export class UnknownGameError extends GameError {
  constructor(readonly game: string) {
    super(`There is no game '${game}'.`)
  }
}

export class UnknownPlayerError extends GameError {
  constructor(readonly player: string) {
    super(`There is no player '${player}'.`)
  }
}

export class GameOverError extends GameError {
  constructor(readonly game: string) {
    super(`The game '${game}' is over.`)
  }
}

export class SpawnOutOfRangeError extends GameError {
  constructor(
    readonly spawn: number,
    /** How many places the map has; they are counted from 0. */
    readonly count: number,
  ) {
    super(`There is no place ${spawn} to begin at: the map has 0 to ${count - 1}.`)
  }
}

export class SpawnTakenError extends GameError {
  constructor(
    readonly spawn: number,
    readonly player: string,
  ) {
    super(`Place ${spawn} is taken by '${player}'.`)
  }
}

export class AlreadyJoinedError extends GameError {
  constructor(readonly player: string) {
    super(`'${player}' has joined already.`)
  }
}

export class OffTheMapError extends GameError {
  constructor(readonly at: Position) {
    super(`(${at.x}, ${at.y}) is off the map.`)
  }
}

export class BlockedError extends GameError {
  constructor(
    readonly at: Position,
    readonly by: Exclude<Tile, 'floor'>,
  ) {
    super(`At (${at.x}, ${at.y}) there is a ${by}.`)
  }
}

export class DeadPlayerError extends GameError {
  constructor(readonly player: string) {
    super(`'${player}' is dead.`)
  }
}

export class NoBombsLeftError extends GameError {
  constructor(readonly player: string) {
    super(`'${player}' has no bombs left.`)
  }
}

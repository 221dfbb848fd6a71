import { Aggregate, AggregateRoot, Records } from '../../../src/index.js'
import { DeadPlayerError, NoBombsLeftError } from './errors.js'
import type { GameEvents } from './events.js'
import type { GameMap } from './game-map.js'
import { stepFrom } from './position.js'
import type { Direction, Position } from './position.js'

export const FIRST_BOMBS = 1
export const FIRST_RADIUS = 2

/** Somebody who walks over the map and leaves bombs behind. */
@Aggregate('bomberman-player')
export class Player extends AggregateRoot {
  at: Position = { x: 0, y: 0 }
  alive = false
  killedBy: string | undefined = undefined
  bombsLeft = FIRST_BOMBS
  /** How far the fire of the next bomb will reach. */
  radius = FIRST_RADIUS
  bombsPlaced = 0

  @Records('player-spawned')
  spawn({ at }: GameEvents['player-spawned']): void {
    this.at = at
    this.alive = true
  }

  /** Walks one step, and takes what lies there. */
  move(direction: Direction, map: GameMap): void {
    this.assertAlive()
    const to = stepFrom(this.at, direction)
    map.assertFree(to)
    this.moved({ to })
    const kind = map.takePowerUp(to, this.aggregateId)
    if (kind !== undefined) this.poweredUp({ kind })
  }

  spendBomb(): void {
    this.assertAlive()
    if (this.bombsLeft === 0) throw new NoBombsLeftError(this.aggregateId)
    this.bombSpent()
  }

  /** A bomb that went off can be placed again. */
  @Records('bomb-regained')
  regainBomb(): void {
    this.bombsLeft += 1
  }

  @Records('player-killed')
  die({ by }: GameEvents['player-killed']): void {
    this.alive = false
    this.killedBy = by
  }

  private assertAlive(): void {
    if (!this.alive) throw new DeadPlayerError(this.aggregateId)
  }

  @Records('player-moved')
  protected moved({ to }: GameEvents['player-moved']): void {
    this.at = to
  }

  @Records('player-powered-up')
  protected poweredUp({ kind }: GameEvents['player-powered-up']): void {
    if (kind === 'more-bombs') this.bombsLeft += 1
    else this.radius += 1
  }

  @Records('bomb-spent')
  protected bombSpent(): void {
    this.bombsLeft -= 1
    this.bombsPlaced += 1
  }
}

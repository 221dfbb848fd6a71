import { Aggregate, AggregateRoot, Records } from '../../../src/index.js'
import {
  AlreadyJoinedError,
  BlockedError,
  GameOverError,
  OffTheMapError,
  SpawnOutOfRangeError,
  SpawnTakenError,
} from './errors.js'
import type { GameEvents } from './events.js'
import { parseLayout } from './layout.js'
import { isSame } from './position.js'
import type { Position } from './position.js'
import type { PowerUp, PowerUpKind } from './power-up.js'
import { tileAt, withoutBlock } from './tiles.js'
import type { Tiles } from './tiles.js'

/** What everybody shares: the tiles, what lies on them, who takes part, and whether the game goes on. */
@Aggregate('bomberman-map')
export class GameMap extends AggregateRoot {
  tiles: Tiles = []
  powerUps: readonly PowerUp[] = []
  over = false
  winner: string | null = null
  private spawns: readonly Position[] = []
  private hidden: readonly PowerUp[] = []
  private taken: readonly GameEvents['spawn-taken'][] = []

  /** Throws `InvalidLayoutError`. */
  @Records('map-drawn')
  draw({ rows }: GameEvents['map-drawn']): void {
    const { tiles, spawns, hidden } = parseLayout(rows)
    this.tiles = tiles
    this.spawns = spawns
    this.hidden = hidden
  }

  /** Reserves a place to begin at, and says where it is. */
  takeSpawn(spawn: number, player: string): Position {
    this.assertRunning()
    const at = this.spawns[spawn]
    if (at === undefined) throw new SpawnOutOfRangeError(spawn, this.spawns.length)
    if (this.taken.some((other) => other.player === player)) throw new AlreadyJoinedError(player)
    const owner = this.taken.find((other) => other.spawn === spawn)
    if (owner !== undefined) throw new SpawnTakenError(spawn, owner.player)
    this.spawnTaken({ spawn, player })
    return at
  }

  assertRunning(): void {
    if (this.over) throw new GameOverError(this.aggregateId)
  }

  assertFree(at: Position): void {
    const tile = tileAt(this.tiles, at)
    if (tile === undefined) throw new OffTheMapError(at)
    if (tile !== 'floor') throw new BlockedError(at, tile)
  }

  /** Gives the player what lies there, if anything does. */
  takePowerUp(at: Position, player: string): PowerUpKind | undefined {
    const powerUp = this.powerUps.find((lying) => isSame(lying.at, at))
    if (powerUp !== undefined) this.powerUpTaken({ powerUp, player })
    return powerUp?.kind
  }

  destroyBlock(at: Position): void {
    const found = this.hidden.find((hidden) => isSame(hidden.at, at))
    this.blockDestroyed({ at, revealed: found?.kind ?? null })
  }

  /** Ends the game if it is decided. The last of several players wins; who plays alone can only lose. */
  endIfDecided(alive: readonly string[]): void {
    const enough = this.taken.length > 1 ? 2 : 1
    if (alive.length < enough) this.ended({ winner: alive[0] ?? null })
  }

  @Records('spawn-taken')
  protected spawnTaken(taken: GameEvents['spawn-taken']): void {
    this.taken = [...this.taken, taken]
  }

  @Records('power-up-taken')
  protected powerUpTaken({ powerUp }: GameEvents['power-up-taken']): void {
    this.powerUps = this.powerUps.filter(({ at }) => !isSame(at, powerUp.at))
  }

  @Records('block-destroyed')
  protected blockDestroyed({ at, revealed }: GameEvents['block-destroyed']): void {
    this.tiles = withoutBlock(this.tiles, at)
    if (revealed !== null) this.powerUps = [...this.powerUps, { kind: revealed, at }]
  }

  @Records('game-ended')
  protected ended({ winner }: GameEvents['game-ended']): void {
    this.over = true
    this.winner = winner
  }
}

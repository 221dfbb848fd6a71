import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm'
import type { Position } from '../domain/position.js'
import type { PowerUp } from '../domain/power-up.js'
import type { Tiles } from '../domain/tiles.js'

export interface BoardPlayer {
  readonly id: string
  readonly at: Position
  readonly alive: boolean
  readonly bombsLeft: number
  readonly radius: number
}

export interface BoardBomb {
  readonly id: string
  readonly at: Position
  readonly radius: number
  readonly fuse: number
}

export interface BoardExplosion {
  readonly id: string
  readonly cells: readonly Position[]
}

/**
 * A game as one row: all that a player sees, and the ids of all that the next tick has to load. The type `json` is
 * the one that Postgres and SQLite share.
 */
@Entity('bomberman_boards')
export class Board {
  /** The game's id. */
  @PrimaryColumn({
    name: 'id',
    type: 'varchar',
    length: 255,
    primaryKeyConstraintName: 'pk_bomberman_boards',
  })
  id!: string

  /** Counts the changes of the row; the store keeps it. */
  @VersionColumn({ name: 'version', type: 'integer' })
  version!: number

  /** The number of the last tick; 0 before the first. */
  @Column({ name: 'tick', type: 'integer' })
  tick!: number

  @Column({ name: 'tiles', type: 'json' })
  tiles!: Tiles

  /** Those that lie on the floor; what blocks hide is not on the board. */
  @Column({ name: 'power_ups', type: 'json' })
  powerUps!: readonly PowerUp[]

  /** In the order in which they joined, the dead included. */
  @Column({ name: 'players', type: 'json' })
  players!: readonly BoardPlayer[]

  /** By id. */
  @Column({ name: 'bombs', type: 'json' })
  bombs!: readonly BoardBomb[]

  /** Those of the last tick, by id. */
  @Column({ name: 'explosions', type: 'json' })
  explosions!: readonly BoardExplosion[]

  @Column({ name: 'is_over', type: 'boolean' })
  over!: boolean

  /** Who won; null while the game goes on, and if nobody did. */
  @Column({ name: 'winner', type: 'varchar', length: 255, nullable: true })
  winner!: string | null
}

/** What the events say about a board. */
export type BoardState = Omit<Board, 'version'>

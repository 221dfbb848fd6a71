import { Aggregate, AggregateRoot, Records } from '../../../src/index.js'
import { chainReaction } from './blast.js'
import type { Blast } from './blast.js'
import type { Bomb } from './bomb.js'
import type { GameEvents } from './events.js'
import type { Explosion } from './explosion.js'
import type { GameMap } from './game-map.js'
import type { Player } from './player.js'
import { includes } from './position.js'
import { tileAt } from './tiles.js'

/** Everybody whom a tick may concern. */
export interface Participants {
  readonly map: GameMap
  readonly players: readonly Player[]
  readonly bombs: readonly Bomb[]
  /** Those of the tick before. */
  readonly explosions: readonly Explosion[]
  /** Gives the new explosion of a bomb. */
  readonly explosionOf: (bomb: Bomb) => Explosion
}

/** One killed player; `by` is the owner of the bomb. */
export interface Kill {
  readonly player: Player
  readonly by: string
  readonly bomb: string
}

/**
 * One tick of the clock. It leads all other aggregates through the tick and keeps what came of it. Its id contains
 * its number, so of two ticks with the same number only one can be committed.
 */
@Aggregate('bomberman-tick')
export class TickSaga extends AggregateRoot {
  number = 0
  exploded: readonly string[] = []
  killed: readonly string[] = []

  /** Says who was killed. */
  run(number: number, participants: Participants): Kill[] {
    const { map, players, bombs, explosions, explosionOf } = participants
    map.assertRunning()
    this.start({ number })
    for (const explosion of explosions) explosion.fade()
    for (const bomb of bombs) bomb.burnFuse()

    const blasts = chainReaction(map.tiles, bombs)
    for (const { bomb, cells } of blasts) {
      bomb.explode()
      explosionOf(bomb).start({ cells })
      players.find(({ aggregateId }) => aggregateId === bomb.owner)?.regainBomb()
    }
    destroyBlocks(map, blasts)
    const kills = killPlayers(players, blasts)

    map.endIfDecided(players.filter(({ alive }) => alive).map(({ aggregateId }) => aggregateId))
    this.finish({
      exploded: blasts.map(({ bomb }) => bomb.aggregateId),
      killed: kills.map(({ player }) => player.aggregateId),
    })
    return kills
  }

  @Records('tick-started')
  protected start({ number }: GameEvents['tick-started']): void {
    this.number = number
  }

  @Records('tick-finished')
  protected finish({ exploded, killed }: GameEvents['tick-finished']): void {
    this.exploded = exploded
    this.killed = killed
  }
}

/** A block that several blasts reach is destroyed once: after the first it is floor. */
function destroyBlocks(map: GameMap, blasts: readonly Blast<Bomb>[]): void {
  for (const cell of blasts.flatMap(({ cells }) => cells)) {
    if (tileAt(map.tiles, cell) === 'block') map.destroyBlock(cell)
  }
}

/** The first blast that reaches a player counts. */
function killPlayers(players: readonly Player[], blasts: readonly Blast<Bomb>[]): Kill[] {
  const kills: Kill[] = []
  for (const player of players.filter(({ alive }) => alive)) {
    const deadly = blasts.find(({ cells }) => includes(cells, player.at))
    if (deadly === undefined) continue
    const { owner: by, aggregateId: bomb } = deadly.bomb
    player.die({ by, bomb })
    kills.push({ player, by, bomb })
  }
  return kills
}

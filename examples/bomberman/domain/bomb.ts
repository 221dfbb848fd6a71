import { Aggregate, AggregateRoot, Records } from '../../../src/index.js'
import type { GameEvents } from './events.js'
import type { Position } from './position.js'

/** How many ticks a bomb waits before it goes off. */
export const FUSE = 3

/** Lies where it was placed until its fuse has burned down or the fire of another bomb reaches it. */
@Aggregate('bomberman-bomb')
export class Bomb extends AggregateRoot {
  owner = ''
  at: Position = { x: 0, y: 0 }
  radius = 0
  fuse = 0

  @Records('bomb-placed')
  place({ owner, at, radius, fuse }: GameEvents['bomb-placed']): void {
    this.owner = owner
    this.at = at
    this.radius = radius
    this.fuse = fuse
  }

  @Records('fuse-burned')
  burnFuse(): void {
    this.fuse -= 1
  }

  @Records('bomb-exploded')
  explode(): void {
    this.fuse = 0
  }
}

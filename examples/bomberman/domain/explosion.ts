import { Aggregate, AggregateRoot, Records } from '../../../src/index.js'
import type { GameEvents } from './events.js'
import type { Position } from './position.js'

/** The fire of one bomb. It kills when it starts, and is seen until the next tick. */
@Aggregate('bomberman-explosion')
export class Explosion extends AggregateRoot {
  cells: readonly Position[] = []

  @Records('explosion-started')
  start({ cells }: GameEvents['explosion-started']): void {
    this.cells = cells
  }

  @Records('explosion-faded')
  fade(): void {
    this.cells = []
  }
}

import type { Position } from './position.js'

/** More bombs at the same time, or fire that reaches one cell farther. */
export type PowerUpKind = 'more-bombs' | 'more-fire'

export interface PowerUp {
  readonly kind: PowerUpKind
  readonly at: Position
}

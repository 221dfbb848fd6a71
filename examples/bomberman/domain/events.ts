import type { Position } from './position.js'
import type { PowerUp, PowerUpKind } from './power-up.js'

/** Every event of the game: the name it is stored under, and its payload. */
export interface GameEvents {
  /** `rows` as `parseLayout` reads them. */
  readonly 'map-drawn': { readonly rows: readonly string[] }
  readonly 'spawn-taken': { readonly spawn: number; readonly player: string }
  /** `revealed` is what the block hid. */
  readonly 'block-destroyed': { readonly at: Position; readonly revealed: PowerUpKind | null }
  readonly 'power-up-taken': { readonly powerUp: PowerUp; readonly player: string }
  /** The winner is null if the last players died together. */
  readonly 'game-ended': { readonly winner: string | null }

  readonly 'player-spawned': { readonly at: Position }
  readonly 'player-moved': { readonly to: Position }
  readonly 'player-powered-up': { readonly kind: PowerUpKind }
  readonly 'bomb-spent': null
  readonly 'bomb-regained': null
  /** `by` is whose bomb it was: maybe the player's own. */
  readonly 'player-killed': { readonly by: string; readonly bomb: string }

  /** It goes off in as many ticks as its fuse is long. */
  readonly 'bomb-placed': {
    readonly owner: string
    readonly at: Position
    readonly radius: number
    readonly fuse: number
  }
  readonly 'fuse-burned': null
  readonly 'bomb-exploded': null

  readonly 'explosion-started': { readonly cells: readonly Position[] }
  readonly 'explosion-faded': null

  readonly 'tick-started': { readonly number: number }
  readonly 'tick-finished': { readonly exploded: readonly string[]; readonly killed: readonly string[] }
}

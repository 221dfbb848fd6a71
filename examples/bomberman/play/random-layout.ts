import type { Random } from './random.js'

const BLOCKS = 0.6
const HIDING = 0.3

/**
 * A map as the game knows it since 1983: walls around it and at every second crossing, blocks all over, and a
 * corner for each of up to four players with room to get away from the first bomb. Both sides have to be odd.
 */
export function randomLayout(random: Random, width = 13, height = 9): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_unused, x) => symbolAt(random, x, y, width, height)).join(''),
  )
}

function symbolAt(random: Random, x: number, y: number, width: number, height: number): string {
  const [fromSide, fromTop] = [Math.min(x, width - 1 - x), Math.min(y, height - 1 - y)]
  if (fromSide === 0 || fromTop === 0) return '#'
  if (x % 2 === 0 && y % 2 === 0) return '#'
  if (fromSide === 1 && fromTop === 1) return '@'
  if (fromSide + fromTop === 3) return '.'
  if (random() >= BLOCKS) return '.'
  if (random() >= HIDING) return '+'
  return random() < 0.5 ? 'b' : 'f'
}

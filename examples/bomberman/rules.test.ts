import { cellsOnFire, chainReaction } from './domain/blast.js'
import { InvalidLayoutError } from './domain/errors.js'
import { parseLayout } from './domain/layout.js'
import type { Position } from './domain/position.js'
import { randomLayout } from './play/random-layout.js'
import { seededRandom } from './play/random.js'

const OPEN = parseLayout(['@......', '.......', '.......', '.......', '.......']).tiles

test('fire reaches two cells in four directions', () => {
  expect(picture(cellsOnFire(OPEN, { at: { x: 3, y: 2 }, radius: 2 }))).toEqual([
    '...*...',
    '...*...',
    '.*****.',
    '...*...',
    '...*...',
  ])
})

test('fire stops at the edge, before a wall, and in the first block', () => {
  const { tiles } = parseLayout(['@.++...', '..#....', '...+...', '.......', '...+...'])
  expect(picture(cellsOnFire(tiles, { at: { x: 3, y: 1 }, radius: 3 }))).toEqual([
    '...*...',
    '...****',
    '...*...',
    '.......',
    '.......',
  ])
})

test('a bomb sets off the bombs that its fire reaches, and they the next ones', () => {
  const bombs = [
    { at: { x: 4, y: 2 }, radius: 2, fuse: 3 },
    { at: { x: 6, y: 0 }, radius: 2, fuse: 1 },
    { at: { x: 0, y: 2 }, radius: 2, fuse: 0 },
    { at: { x: 2, y: 2 }, radius: 2, fuse: 2 },
  ]
  expect(chainReaction(OPEN, bombs).map(({ bomb }) => bombs.indexOf(bomb))).toEqual([2, 3, 0])
})

test('what happens in one tick happens at once: a block stops every blast that reaches it', () => {
  const { tiles } = parseLayout(['@.+.@'])
  const bombs = [1, 3].map((x) => ({ at: { x, y: 0 }, radius: 2, fuse: 0 }))
  expect(chainReaction(tiles, bombs).map(({ cells }) => cells.map(({ x }) => x))).toEqual([
    [1, 2, 0],
    [3, 4, 2],
  ])
})

test('a map needs rows of one length, known symbols and a place to begin', () => {
  for (const rows of [['@.', '.'], ['@x'], ['..'], []]) {
    expect(() => parseLayout(rows)).toThrow(InvalidLayoutError)
  }
})

test('a seed always gives the same map, with four places to begin', () => {
  const layout = randomLayout(seededRandom(7))
  expect(randomLayout(seededRandom(7))).toEqual(layout)
  expect(randomLayout(seededRandom(8))).not.toEqual(layout)
  expect(parseLayout(layout).spawns).toHaveLength(4)
})

test('the random numbers are those of mulberry32', () => {
  const random = seededRandom(1)
  expect([random(), random(), random()].map((number) => number * 2 ** 32)).toEqual([
    2_693_262_067, 11_749_833, 2_265_367_787,
  ])
})

function picture(cells: readonly Position[]): string[] {
  const symbol = (x: number, y: number): string =>
    cells.some((cell) => cell.x === x && cell.y === y) ? '*' : '.'
  return OPEN.map((row, y) => row.map((_, x) => symbol(x, y)).join(''))
}

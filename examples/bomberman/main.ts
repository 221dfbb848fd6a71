import { parseArgs } from 'node:util'
import { nameOf } from './domain/ids.js'
import { openDatabase } from './database.js'
import { openStore } from './open-store.js'
import { killTable } from './play/kill-table.js'
import { NAMES, playGame } from './play/play-game.js'
import { seededRandom } from './play/random.js'
import { Screen } from './play/screen.js'
import type { Board } from './read-model/board.js'

const USAGE = `Computer players play a game of bomberman until one of them is left.

  npm run example:bomberman
  npm run example:bomberman -- --seed 7 --players 3 --pause 50

  --seed     the same number plays the same game; without it, every game is another one
  --players  2 to ${NAMES.length}
  --pause    milliseconds between two boards on a terminal

DATABASE_FILE=game.db or DATABASE_URL=postgres://… keeps the game; without them it is played in memory.`

interface Options {
  readonly seed: number
  readonly players: number
  readonly pauseMs: number
}

class UsageError extends Error {}

async function main(args: readonly string[]): Promise<void> {
  const options = parse(args)
  if (options === 'help') {
    console.log(USAGE)
    return
  }
  const { seed, players, pauseMs } = options
  const dataSource = await openDatabase()
  try {
    const store = openStore(dataSource)
    const screen = new Screen(process.stdout, { pauseMs })
    // A database may keep many games, also several with the same seed.
    const game = `${seed}-${Date.now().toString(36)}`
    const board = await playGame(store, {
      game,
      players,
      random: seededRandom(seed),
      onTick: (shown) => screen.show(shown),
    })
    console.log(`\n${verdict(board)}\n\n${await killTable(store, game)}`)
    console.log(`\nAgain: npm run example:bomberman -- --seed ${seed} --players ${players}`)
  } finally {
    await dataSource.destroy()
  }
}

function verdict({ winner, tick }: Board): string {
  return winner === null ? `Nobody wins after ${tick} ticks.` : `${nameOf(winner)} wins after ${tick} ticks.`
}

function parse(args: readonly string[]): Options | 'help' {
  const { seed, players, pause, help } = read(args)
  if (help) return 'help'
  return {
    seed: seed === undefined ? Math.floor(Math.random() * 1_000_000) : whole('seed', seed, 0, 2 ** 31 - 1),
    players: whole('players', players, 2, NAMES.length),
    pauseMs: whole('pause', pause, 0, 10_000),
  }
}

function read(args: readonly string[]): {
  readonly seed?: string
  readonly players: string
  readonly pause: string
  readonly help: boolean
} {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        players: { type: 'string', default: String(NAMES.length) },
        pause: { type: 'string', default: '120' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    return values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new UsageError(`--${option} has to be a whole number from ${least} to ${most}.`)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const misused = error instanceof UsageError
  console.error(misused ? `${error.message}\n\n${USAGE}` : error)
  process.exitCode = misused ? 2 : 1
})

import { GameError, NoBombsLeftError } from './domain/errors.js'
import { DIRECTIONS } from './domain/position.js'
import { pick, seededRandom } from './play/random.js'
import { describeGames } from './testing/describe-games.js'

const FIELD = ['@....@', '......', '......', '@....@']

describeGames('at the same time', (games) => {
  test('several players place bombs: all of them lie on the board', async () => {
    const game = await games.start(FIELD, 4)
    const bombs = await Promise.all([0, 1, 2, 3].map((player) => game.placeBomb(player)))
    const board = await game.board()
    expect(board.bombs.map(({ id }) => id).sort()).toEqual([...bombs].sort())
    expect(board.players.map(({ bombsLeft }) => bombsLeft)).toEqual([0, 0, 0, 0])
  })

  test('one player places a bomb several times: the one bomb is placed once', async () => {
    const game = await games.start(FIELD, 2)
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => game.placeBomb(0)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(NoBombsLeftError)
    }
    expect((await game.board()).bombs).toHaveLength(1)
  })

  test('the clock ticks while everybody acts: each tick has its number, and no bomb is forgotten', async () => {
    const game = await games.start(FIELD, 4)
    await Promise.all([
      game.placeBomb(0),
      game.tick(),
      game.move(1, 'down', 'left'),
      game.placeBomb(2),
      game.tick(),
      game.move(3, 'up'),
    ])
    const { tick, bombs } = await game.board()
    expect(tick).toBe(2)
    expect(bombs).toHaveLength(2)
    await game.tick(3)
    expect((await game.board()).bombs).toEqual([])
  })

  test('everybody acts all the time: the boards stay what the events say', async () => {
    const game = await games.start(FIELD, 4)
    const random = seededRandom(1)
    const play = async (player: number): Promise<void> => {
      for (let turn = 0; turn < 12; turn++) {
        const direction = pick(random, DIRECTIONS)!
        await (random() < 0.3 ? game.placeBomb(player) : game.move(player, direction)).catch(onlyRefusals)
      }
    }
    await Promise.all([...[0, 1, 2, 3].map(play), game.tick(12).catch(onlyRefusals)])
    const { kept, rebuilt } = await games.boards()
    expect(kept).toEqual(rebuilt)
    expect((await game.board()).tick).toBeGreaterThan(0)
  })
})

/** Moves that the rules do not allow are part of the game; conflicts that nobody retried are not. */
function onlyRefusals(error: unknown): void {
  expect(error).toBeInstanceOf(GameError)
}

import { GameOverError } from './domain/errors.js'
import { movePlayer } from './handlers/move-player.js'
import { playGame } from './play/play-game.js'
import { seededRandom } from './play/random.js'
import { describeGames } from './testing/describe-games.js'
import { outboxMessages } from './read-model/outbox-messages.js'

describeGames('a whole game', (games) => {
  test('has a winner, a message for everybody else, and always the board that its events say', async () => {
    let ticks = 0
    const board = await playGame(games.store, {
      game: 'whole',
      players: 3,
      random: seededRandom(3),
      onTick: async ({ tick }) => {
        if (ticks++ % 10 !== 0) return
        const { kept, rebuilt } = await games.boards()
        expect(kept).toEqual(rebuilt)
        expect(kept[0]?.tick).toBe(tick)
      },
    })
    expect(board.over).toBe(true)
    const alive = board.players.filter((player) => player.alive).map(({ id }) => id)
    expect(alive).toEqual([board.winner])
    const dead = board.players.filter((player) => !player.alive).map(({ id }) => id)
    const messages = await outboxMessages(games.store, 'whole')
    expect(messages.map(({ sourceId }) => sourceId).sort()).toEqual(dead.sort())
    const more = movePlayer(games.store, { player: board.winner!, direction: 'up' })
    await expect(more).rejects.toThrow(GameOverError)
  })

  test('is the same for the same seed', async () => {
    const play = async (game: string): Promise<string> => {
      const { tick, tiles, players } = await playGame(games.store, {
        game,
        players: 2,
        random: seededRandom(5),
      })
      return JSON.stringify({ tick, tiles, players }).replaceAll(`${game}/`, '')
    }
    expect(await play('one')).toBe(await play('two'))
  })
})

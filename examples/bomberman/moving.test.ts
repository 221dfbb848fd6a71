import { ConcurrentWriteError } from '../../src/index.js'
import {
  AlreadyJoinedError,
  BlockedError,
  InvalidLayoutError,
  OffTheMapError,
  SpawnOutOfRangeError,
  SpawnTakenError,
  UnknownGameError,
  UnknownPlayerError,
} from './domain/errors.js'
import { GameMap } from './domain/game-map.js'
import { Player } from './domain/player.js'
import { joinGame } from './handlers/join-game.js'
import { movePlayer } from './handlers/move-player.js'
import { loadPlayer } from './handlers/participants.js'
import { runTick } from './handlers/run-tick.js'
import { startGame } from './handlers/start-game.js'
import { describeGames } from './testing/describe-games.js'

const ROOM = ['#########', '#@.....@#', '#.#.#.#.#', '#@.....@#', '#########']

describeGames('beginning and moving', (games) => {
  test('players begin at their places and walk', async () => {
    const game = await games.start(ROOM, 2)
    await game.move(0, 'right', 'right', 'down')
    const { players, tick, over } = await game.board()
    expect(players).toEqual([
      { id: `${game.id}/ann`, at: { x: 3, y: 2 }, alive: true, bombsLeft: 1, radius: 2 },
      { id: `${game.id}/bob`, at: { x: 7, y: 1 }, alive: true, bombsLeft: 1, radius: 2 },
    ])
    expect({ tick, over }).toEqual({ tick: 0, over: false })
  })

  test('a place that the map does not have is refused, and nothing is stored', async () => {
    const game = await games.start(ROOM, 0)
    for (const spawn of [4, -1, 0.5]) {
      const joining = joinGame(games.store, { game: game.id, name: 'ann', spawn })
      await expect(joining).rejects.toEqual(new SpawnOutOfRangeError(spawn, 4))
    }
    expect((await game.board()).players).toEqual([])
    expect(await games.store.repository(Player).load(`${game.id}/ann`)).toBeUndefined()
  })

  test('a place and a name are taken once, also by two who ask at the same time', async () => {
    const { id: game } = await games.start(ROOM, 1)
    const join = (name: string, spawn: number): Promise<string> =>
      joinGame(games.store, { game, name, spawn })
    await expect(join('bob', 0)).rejects.toThrow(SpawnTakenError)
    await expect(join('ann', 1)).rejects.toThrow(AlreadyJoinedError)
    const outcomes = await Promise.allSettled([join('bob', 1), join('cid', 1)])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(outcomes).toContainEqual({ status: 'rejected', reason: expect.any(SpawnTakenError) })
  })

  test('nobody walks off the map, into walls or into blocks', async () => {
    const game = await games.start(['@+', '#@'], 1)
    await expect(game.move(0, 'up')).rejects.toEqual(new OffTheMapError({ x: 0, y: -1 }))
    await expect(game.move(0, 'left')).rejects.toEqual(new OffTheMapError({ x: -1, y: 0 }))
    await expect(game.move(0, 'down')).rejects.toEqual(new BlockedError({ x: 0, y: 1 }, 'wall'))
    await expect(game.move(0, 'right')).rejects.toEqual(new BlockedError({ x: 1, y: 0 }, 'block'))
    expect((await game.board()).players).toMatchObject([{ at: { x: 0, y: 0 } }])
  })

  test('games and players that do not exist are refused, and so is a game that begins twice', async () => {
    const { store } = games
    const { id: game } = await games.start(ROOM, 1)
    await expect(startGame(store, { game, rows: ROOM })).rejects.toThrow(ConcurrentWriteError)
    await expect(startGame(store, { game: 'none', rows: ['?'] })).rejects.toThrow(InvalidLayoutError)
    await expect(joinGame(store, { game: 'none', name: 'ann', spawn: 0 })).rejects.toThrow(UnknownGameError)
    await expect(runTick(store, { game: 'none' })).rejects.toThrow(UnknownGameError)
    const stranger = movePlayer(store, { player: `${game}/zed`, direction: 'up' })
    await expect(stranger).rejects.toThrow(UnknownPlayerError)
  })

  test('a move only checks the map, and fails if the map has changed', async () => {
    const game = await games.start(['@+', '.@'], 1)
    const map = (await games.store.repository(GameMap).load(game.id))!
    await game.move(0, 'down')
    expect((await games.store.repository(GameMap).load(game.id))?.version).toBe(map.version)

    const work = games.store.beginUnitOfWork()
    const loaded = await loadPlayer(work, game.players[0]!)
    loaded.player.move('right', loaded.map)
    map.destroyBlock({ x: 1, y: 0 })
    await games.store.commit(map)
    await expect(work.commit()).rejects.toMatchObject({
      code: 'CONCURRENT_WRITE',
      aggregateType: 'bomberman-map',
    })
    expect((await game.board()).players).toMatchObject([{ at: { x: 0, y: 1 } }])
  })
})

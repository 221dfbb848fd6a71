import { DuplicateOutboxMessageError } from '../../src/index.js'
import { DeadPlayerError, GameOverError, NoBombsLeftError } from './domain/errors.js'
import { GameMap } from './domain/game-map.js'
import { describeGames } from './testing/describe-games.js'
import { outboxMessages } from './read-model/outbox-messages.js'

describeGames('bombs', (games) => {
  test('go off in the third tick, destroy the first block in each direction, and come back', async () => {
    const game = await games.start(['...@++', '......', '...+..'], 1)
    const bomb = await game.placeBomb(0)
    await game.move(0, 'left', 'left', 'down')
    await game.tick(2)
    expect(await game.board()).toMatchObject({
      bombs: [{ id: bomb, at: { x: 3, y: 0 }, radius: 2, fuse: 1 }],
      explosions: [],
      players: [{ bombsLeft: 0 }],
    })
    await game.tick()
    const board = await game.board()
    expect(board).toMatchObject({ tick: 3, bombs: [], explosions: [{ id: bomb }], over: false })
    expect(board.players).toMatchObject([{ bombsLeft: 1, alive: true }])
    expect(board.tiles.map((row) => row.indexOf('block'))).toEqual([5, -1, -1])
    await game.tick()
    expect((await game.board()).explosions).toEqual([])
  })

  test('uncover what blocks hide, and whoever walks there takes it', async () => {
    const game = await games.start(['.@bf', '....'], 1)
    await game.placeBomb(0)
    await game.move(0, 'left', 'down')
    await game.tick(3)
    expect((await game.board()).powerUps).toEqual([{ kind: 'more-bombs', at: { x: 2, y: 0 } }])
    await game.move(0, 'right', 'right', 'up')
    expect(await game.board()).toMatchObject({ powerUps: [], players: [{ bombsLeft: 2 }] })

    await game.placeBomb(0)
    await game.move(0, 'left', 'down')
    await game.tick(3)
    const map = (await games.store.repository(GameMap).load(game.id))!
    await game.move(0, 'right', 'right', 'up')
    expect(await game.board()).toMatchObject({ powerUps: [], players: [{ bombsLeft: 2, radius: 3 }] })
    // The map gave something away: this move changed it, together with the player.
    expect((await games.store.repository(GameMap).load(game.id))?.version).toBe(map.version + 1)
    await game.placeBomb(0)
    expect((await game.board()).bombs).toMatchObject([{ radius: 3 }])
  })

  test('are limited', async () => {
    const game = await games.start(['@.'], 1)
    await game.placeBomb(0)
    await expect(game.placeBomb(0)).rejects.toEqual(new NoBombsLeftError(game.players[0]!))
  })

  test('kill; each kill is a message in the outbox, of the same commit, and the last one alive wins', async () => {
    const game = await games.start(['@.@.', '....', '@...'], 3)
    const [ann, bob, cid] = game.players as [string, string, string]
    const bomb = await game.placeBomb(0)
    await game.move(0, 'down', 'right', 'right', 'down')
    await game.tick(2)
    expect(await outboxMessages(games.store, game.id)).toEqual([])
    await game.tick()
    expect(await game.board()).toMatchObject({
      players: [{ alive: true }, { alive: false }, { alive: false }],
      over: true,
      winner: ann,
    })
    const killed = (player: string): object => ({
      messageId: `${player}/killed`,
      messageType: 'player-killed',
      payload: { game: game.id, tick: 3, player, by: ann, bomb },
      status: 'pending',
      sourceType: 'bomberman-player',
      sourceId: player,
    })
    expect(await outboxMessages(games.store, game.id)).toEqual([
      expect.objectContaining(killed(bob)),
      expect.objectContaining(killed(cid)),
    ])
    const commits = new Set<string>()
    for await (const event of games.store.readAll({
      eventNames: ['player-killed', 'game-ended', 'tick-finished'],
    })) {
      if (event.aggregateId.startsWith(game.id)) commits.add(event.commitId)
    }
    // The two ticks before, and the one in which all of this happened.
    expect(commits.size).toBe(3)
    for (const act of [() => game.tick(), () => game.move(0, 'up'), () => game.placeBomb(0)]) {
      await expect(act()).rejects.toThrow(GameOverError)
    }
  })

  test('a tick is one commit: if one message cannot be stored, nothing of it has happened', async () => {
    const game = await games.start(['@.@.', '....'], 2)
    const [ann, bob] = game.players as [string, string]
    await game.placeBomb(0)
    await game.move(0, 'down', 'right')
    await game.tick(2)
    const before = await game.board()
    await games.store.unitOfWork((work) => work.send({ messageId: `${bob}/killed`, type: 'forged' }))
    await expect(game.tick()).rejects.toThrow(DuplicateOutboxMessageError)
    expect(await game.board()).toEqual(before)
    expect(before.players.map(({ id, alive }) => alive && id)).toEqual([ann, bob])
  })

  test('leave the dead where they are', async () => {
    const game = await games.start(['@....@', '......', '.....@'], 3)
    await game.placeBomb(0)
    await game.tick(3)
    expect(await game.board()).toMatchObject({ players: [{ alive: false }, {}, {}], over: false })
    await expect(game.move(0, 'right')).rejects.toEqual(new DeadPlayerError(game.players[0]!))
    await expect(game.placeBomb(0)).rejects.toThrow(DeadPlayerError)
  })

  test('can kill everybody at once: then nobody wins', async () => {
    const game = await games.start(['@.@'], 2)
    await game.placeBomb(1)
    await game.tick(3)
    expect(await game.board()).toMatchObject({ over: true, winner: null })
    const messages = await outboxMessages(games.store, game.id)
    expect(messages.map(({ payload }) => payload)).toMatchObject([
      { player: game.players[0], by: game.players[1] },
      { player: game.players[1], by: game.players[1] },
    ])
  })

  test('set off one another in the same tick', async () => {
    const game = await games.start(['@.@.@', '.....', '.....'], 3)
    const first = await game.placeBomb(0)
    await game.tick()
    const second = await game.placeBomb(1)
    await game.tick()
    const third = await game.placeBomb(2)
    for (const player of [0, 1, 2]) await game.move(player, 'down')
    await game.move(0, 'down')
    await game.tick()
    const { bombs, explosions, players, winner } = await game.board()
    expect(bombs).toEqual([])
    expect(explosions.map(({ id }) => id)).toEqual([first, second, third])
    expect(players.map(({ alive }) => alive)).toEqual([false, false, false])
    expect(winner).toBeNull()
  })
})

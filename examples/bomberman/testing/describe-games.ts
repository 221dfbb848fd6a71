import { TestGames } from './test-games.js'
import type { Kind } from './test-games.js'

/** Tests on each database. After every one of them the boards have to be what the events say. */
export function describeGames(name: string, tests: (games: TestGames) => void): void {
  describe.each<Kind>(['sqlite', 'postgres'])(`${name} on %s`, (kind) => {
    const games = new TestGames(kind)
    beforeAll(() => games.open())
    afterAll(() => games.close())
    afterEach(async () => {
      const { kept, rebuilt } = await games.boards()
      expect(kept).toEqual(rebuilt)
    })
    tests(games)
  })
}

import { describeGames } from './testing/describe-games.js'
import { CreateBoards1763856000000 } from './read-model/create-boards.js'
import { Board } from './read-model/board.js'

describeGames('the migration', (games) => {
  test('makes the table as its entity describes it, and can be taken back', async () => {
    const { dataSource } = games.store
    const missing = async (): Promise<string[]> => {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log()
      return upQueries.map(({ query }) => query).filter((query) => query.includes('bomberman'))
    }
    expect(await missing()).toEqual([])
    const migration = new CreateBoards1763856000000()
    const queryRunner = dataSource.createQueryRunner()
    try {
      await migration.down(queryRunner)
      expect(await missing()).not.toEqual([])
      await migration.up(queryRunner)
    } finally {
      await queryRunner.release()
    }
    expect(await missing()).toEqual([])
    expect(await dataSource.getRepository(Board).count()).toBe(0)
  })
})

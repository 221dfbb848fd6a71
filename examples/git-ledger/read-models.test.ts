import { AggregateRepository, DuplicateMessageError } from '../../src/index.js'
import { readCommits } from './git/history.js'
import { openRepository } from './git/repository.js'
import { CommitRecorder } from './ledger/commit-recorder.js'
import { CreateGitReadModels1763860000000 } from './read-model/create-read-models.js'
import { EVENTFUL_HISTORY } from './testing/eventful-history.js'
import { TestLedger } from './testing/test-ledger.js'
import type { Kind } from './testing/test-ledger.js'
import { TestRepository } from './testing/test-repository.js'

describe.each<Kind>(['sqlite', 'postgres'])('read models and marks on %s', (kind) => {
  let repository: TestRepository
  let ledger: TestLedger

  beforeEach(async () => {
    repository = new TestRepository()
    ledger = await TestLedger.create(kind)
  })
  afterEach(async () => {
    repository.remove()
    await ledger.remove()
  })

  test('skips everything on a second run, and loads nothing for it', async () => {
    repository.build(EVENTFUL_HISTORY.slice(0, 12))
    const { directory } = repository
    expect(await ledger.import(directory)).toMatchObject({ imported: 12, skipped: 0 })
    const events = await ledger.events(directory)
    const loadMany = jest.spyOn(AggregateRepository.prototype, 'loadMany')
    try {
      expect(await ledger.import(directory)).toMatchObject({ imported: 0, skipped: 12 })
      expect(loadMany).not.toHaveBeenCalled()
    } finally {
      loadMany.mockRestore()
    }
    expect(await ledger.events(directory)).toEqual(events)
    const { stored, replayed } = await ledger.rows(directory)
    expect(stored).toEqual(replayed)
    expect(stored.commits).toHaveLength(12)
  })

  test('refuses a commit that was processed, whatever the import believes', async () => {
    repository.build([{ files: { a: 'one\n' } }])
    const { directory } = repository
    const { ledger: name } = await ledger.import(directory)
    const rows = await ledger.rows(directory)
    await ledger.open(directory, async (store) => {
      const recorder = new CommitRecorder(store, name)
      const hash = repository.git('rev-parse', 'main').trim()
      for await (const commit of readCommits(await openRepository(directory), [hash])) {
        await recorder.prepare([commit])
        await expect(recorder.record(commit)).rejects.toThrow(DuplicateMessageError)
      }
    })
    expect(await ledger.rows(directory)).toEqual(rows)
  })

  test('makes the tables as their entities describe them, and can take them back', async () => {
    repository.build([{ files: { a: 'one\n' } }])
    await ledger.open(repository.directory, async ({ dataSource }) => {
      const missing = async (): Promise<string[]> => {
        const { upQueries } = await dataSource.driver.createSchemaBuilder().log()
        return upQueries.map(({ query }) => query).filter((query) => query.includes('git_'))
      }
      expect(await missing()).toEqual([])
      const migration = new CreateGitReadModels1763860000000()
      const queryRunner = dataSource.createQueryRunner()
      try {
        await migration.down(queryRunner)
        expect(await missing()).not.toEqual([])
        await migration.up(queryRunner)
      } finally {
        await queryRunner.release()
      }
      expect(await missing()).toEqual([])
    })
  })
})

import type { DataSource, EntityManager } from 'typeorm'
import { EventStore, StorageError } from '../../src/index.js'
import { postgres } from '../support/databases.js'

const database = postgres()
let dataSource: DataSource
let store: EventStore

beforeAll(async () => {
  dataSource = await database.open({ poolSize: 2 })
  store = new EventStore(dataSource)
})
afterAll(() => database.close(dataSource))

const stream = (aggregateId: string) => ({ aggregateType: 'swallowed', aggregateId })
const append = (id: string, manager: EntityManager): Promise<unknown> =>
  store.within(manager).append({ ...stream(id), expectedVersion: 'any', events: [{ name: 'x' }] })
const failQuietly = (manager: EntityManager): Promise<unknown> =>
  manager.query('select 1 / 0').catch(() => undefined)
const versionOf = async (id: string): Promise<number> => {
  let version = 0
  for await (const { sequence } of store.readStream(stream(id))) version = sequence
  return version
}

it('4.4 a host that swallows an error after a commit gets an error at its own', async () => {
  const committed: unknown[] = []
  store.onCommitted((commit) => {
    committed.push(commit)
  })
  const error: unknown = await dataSource
    .transaction(async (manager) => {
      await append('after', manager)
      await failQuietly(manager)
    })
    .catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(StorageError)
  expect(error).toMatchObject({ operation: 'commit', outcome: 'not-written', retryable: false })
  expect(await versionOf('after')).toBe(0)
  expect(committed).toEqual([])
})

it('4.4 the same with a transaction driven by hand', async () => {
  const runner = dataSource.createQueryRunner()
  await runner.startTransaction()
  await append('by-hand', runner.manager)
  await failQuietly(runner.manager)
  await expect(runner.commitTransaction()).rejects.toThrow(StorageError)
  await runner.rollbackTransaction()
  await runner.release()
  expect(await versionOf('by-hand')).toBe(0)
})

it('4.4 a commit after a swallowed error fails at once', async () => {
  await expect(
    dataSource.transaction(async (manager) => {
      await failQuietly(manager)
      await append('before', manager)
    }),
  ).rejects.toThrow(StorageError)
  expect(await versionOf('before')).toBe(0)
})

it('4.4 an error inside a nested transaction may be swallowed outside of it', async () => {
  await dataSource.transaction(async (manager) => {
    await append('nested', manager)
    await manager.transaction((nested) => nested.query('select 1 / 0')).catch(() => undefined)
    await append('nested', manager)
  })
  expect(await versionOf('nested')).toBe(2)
})

it("3.10 a constraint of the host's that fails is not a conflict", async () => {
  await dataSource.query(`create unique index host_rule on aggregate_events ((payload ->> 'rule'))`)
  const ruled = (id: string): Promise<unknown> =>
    store.append({ ...stream(id), expectedVersion: 0, events: [{ name: 'x', payload: { rule: 'once' } }] })
  await ruled('rule-1')
  const error: unknown = await ruled('rule-2').catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(StorageError)
  expect((error as StorageError).message).toContain('host_rule')
  expect((error as StorageError).retryable).toBe(false)
  await dataSource.query('drop index host_rule')
})

it("3.3 a host's transaction with a fixed snapshot loses with a retryable error", async () => {
  const id = 'repeatable'
  await store.append({ ...stream(id), expectedVersion: 0, events: [{ name: 'x' }] })
  const error: unknown = await dataSource
    .transaction('REPEATABLE READ', async (manager) => {
      await manager.query('select count(*) from aggregate_events')
      await store.append({ ...stream(id), expectedVersion: 1, events: [{ name: 'x' }] })
      await store.within(manager).append({ ...stream(id), expectedVersion: 1, events: [{ name: 'x' }] })
    })
    .catch((caught: unknown) => caught)
  expect(error).toMatchObject({ retryable: true })
  expect(await versionOf(id)).toBe(2)
})

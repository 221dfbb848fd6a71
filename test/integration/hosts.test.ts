import { DataSource } from 'typeorm'
import { postgresEntities } from '../../entities/index.js'
import { EventStore, InvalidArgumentError, openSqlite } from '../../src/index.js'
import { createPostgresDatabase, postgres } from '../support/databases.js'

const EVENTS = [{ name: 'x' }]

it('10.5 with replication, everything goes to the primary', async () => {
  const database = postgres()
  const primary = await database.open()
  // A replica that is so far behind that it has no tables yet.
  const replica = await createPostgresDatabase()
  const replicated = new DataSource({
    type: 'postgres',
    entities: [...postgresEntities],
    replication: {
      master: { url: (primary.options as { url: string }).url },
      slaves: [{ url: replica.url }],
    },
  })
  await replicated.initialize()
  const store = new EventStore(replicated)
  const stream = { aggregateType: 'replicated', aggregateId: 'a' }
  await store.append({ ...stream, expectedVersion: 0, events: EVENTS })
  for await (const event of store.readStream(stream)) expect(event.sequence).toBe(1)
  for await (const event of store.readAll()) expect(event.sequence).toBe(1)
  for await (const id of store.listStreams('replicated')) expect(id).toBe('a')
  await store.append({ ...stream, expectedVersion: 1 })
  await replicated.destroy()
  await replica.drop()
  await database.close(primary)
})

it('10.6 stores on Postgres and on SQLite live side by side, and keep their managers apart', async () => {
  const database = postgres()
  const [one, two, three] = [
    await database.open(),
    await openSqlite(':memory:'),
    await openSqlite(':memory:'),
  ]
  const stores = [one, two, three].map((dataSource) => new EventStore(dataSource))
  await Promise.all(
    stores.map((store, index) =>
      store.append({ aggregateType: 'side', aggregateId: `${index}`, expectedVersion: 0, events: EVENTS }),
    ),
  )
  for (const [index, store] of stores.entries()) {
    const ids: string[] = []
    for await (const { aggregateId } of store.readAll()) ids.push(aggregateId)
    expect(ids).toEqual([`${index}`])
  }
  expect(() => stores[0]!.within(two.manager)).toThrow(InvalidArgumentError)
  await two.destroy()
  await three.destroy()
  await database.close(one)
})

it('10.6 other kinds of databases are refused at once', () => {
  const dataSource = new DataSource({ type: 'cockroachdb', timeTravelQueries: false })
  expect(() => new EventStore(dataSource)).toThrow(InvalidArgumentError)
})

it('4.1 openSqlite waits for the disk on every commit, and creates missing folders', async () => {
  const dataSource = await openSqlite(':memory:')
  const [{ synchronous }]: [{ synchronous: number }] = await dataSource.query('pragma synchronous')
  expect(synchronous).toBe(2)
  await dataSource.destroy()
})

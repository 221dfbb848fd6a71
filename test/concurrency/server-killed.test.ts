import { setTimeout as sleep } from 'node:timers/promises'
import { DataSource } from 'typeorm'
import { postgresEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { EventStore, StorageError } from '../../src/index.js'
import { startPostgresProcess } from '../support/postgres-process.js'
import type { PostgresProcess } from '../support/postgres-process.js'

// A server of its own whatever DATABASE_URL says: this test kills it.
let server: PostgresProcess
let dataSource: DataSource
let store: EventStore

beforeAll(async () => {
  server = await startPostgresProcess()
  dataSource = new DataSource({
    type: 'postgres',
    url: server.url,
    entities: [...postgresEntities],
    migrations: [...sourcedMigrations],
    poolSize: 12,
    connectTimeoutMS: 2_000,
    poolErrorHandler: () => undefined,
  })
  await dataSource.initialize()
  await dataSource.runMigrations()
  store = new EventStore(dataSource, { lostCommitTimeoutMs: 20_000 })
})

afterAll(async () => {
  await dataSource.destroy()
  await server.stop()
})

it('4.1, 4.2, 4.5 kill -9 of the server loses nothing that was acknowledged, and halves nothing', async () => {
  const acknowledged = new Map<string, number>()
  const failures: StorageError[] = []
  let running = true
  const writer = async (number: number): Promise<void> => {
    const [one, two] = [`w${number}-one`, `w${number}-two`]
    for (let version = 0; running;) {
      try {
        const events = [{ name: 'written', payload: version }]
        const commit = await store.append(
          [one, two].map((aggregateId) => ({
            aggregateType: 'killed',
            aggregateId,
            expectedVersion: version,
            events,
          })),
        )
        // A commit whose outcome was found out by reading back tells the same as any other.
        expect(commit.events.map(({ aggregateId, sequence }) => [aggregateId, sequence])).toEqual([
          [one, version + 1],
          [two, version + 1],
        ])
        expect(new Set(commit.events.map(({ position }) => position)).size).toBe(2)
        version += 1
        acknowledged.set(one, version)
      } catch (error) {
        if (!(error instanceof StorageError)) throw error
        failures.push(error)
        // The same store goes on by itself once the server is back.
        await sleep(20)
      }
    }
  }
  const writers = Promise.all(Array.from({ length: 8 }, (_, number) => writer(number)))
  for (let round = 0; round < 3; round++) {
    await sleep(700)
    await server.kill()
    await sleep(200)
    await server.start()
  }
  await sleep(700)
  running = false
  await writers

  expect(failures.length).toBeGreaterThan(0)
  expect(failures.filter(({ outcome }) => outcome === 'unknown')).toEqual([])
  expect(failures.every(({ retryable }) => retryable)).toBe(true)
  for (const [one, version] of acknowledged) {
    const two = one.replace('one', 'two')
    const streams = await Promise.all(
      [one, two].map(async (aggregateId) => {
        const payloads: unknown[] = []
        for await (const { payload } of store.readStream({ aggregateType: 'killed', aggregateId }))
          payloads.push(payload)
        return payloads
      }),
    )
    // Everything acknowledged is there, both streams of every commit agree, and what was reported as not
    // written is not.
    expect(streams[0]).toEqual(Array.from({ length: version }, (_, index) => index))
    expect(streams[1]).toEqual(streams[0])
  }
})

it('4.5 idle connections that break do not crash the process, and the next operation works', async () => {
  await Promise.all(Array.from({ length: 6 }, () => dataSource.query('select 1')))
  await server.kill()
  await server.start()
  await store.retryOnConflict(() =>
    store.append({
      aggregateType: 'killed',
      aggregateId: 'after',
      expectedVersion: 'any',
      events: [{ name: 'written' }],
    }),
  )
})

it('4.2 when the server stays away, the error says that the outcome is unknown', async () => {
  const impatient = new EventStore(dataSource, { lostCommitTimeoutMs: 300 })
  const append = (): Promise<unknown> =>
    impatient.append({
      aggregateType: 'killed',
      aggregateId: 'away',
      expectedVersion: 'any',
      events: [{ name: 'written' }],
    })
  await append()
  // Blocked on a lock while the server dies, so that the statement has certainly been sent.
  const blocker = dataSource.createQueryRunner()
  await blocker.startTransaction()
  await blocker.query('lock table aggregate_events in exclusive mode')
  const blocked = append().then(
    () => undefined,
    (error: unknown) => error,
  )
  await sleep(100)
  await server.kill()
  const error = await blocked
  expect(error).toBeInstanceOf(StorageError)
  expect(error).toMatchObject({ outcome: 'unknown', retryable: false, operation: 'append' })
  await blocker.release()
  await server.start()
})

it('4.2 a commit without events is settled by its transaction: acknowledged ones are there, and each only once', async () => {
  const acknowledged: string[] = []
  const failed: StorageError[] = []
  let running = true
  const writer = async (number: number): Promise<void> => {
    for (let nth = 0; running; nth++) {
      const messageId = `rows-${number}-${nth}`
      try {
        const { outcome } = await store.unitOfWork((work) => {
          work.processed('rows', messageId)
          work.send({ messageId, type: 'row' })
        })
        expect(outcome.kind).toBe('committed')
        acknowledged.push(messageId)
      } catch (error) {
        expect(error).toBeInstanceOf(StorageError)
        failed.push(error as StorageError)
        await sleep(20)
      }
    }
  }
  const writers = Array.from({ length: 8 }, (_, number) => writer(number))
  for (let kills = 0; kills < 4; kills++) {
    await sleep(150 + Math.random() * 150)
    await server.kill()
    await server.start()
  }
  await sleep(300)
  running = false
  await Promise.all(writers)
  const idsOf = async (table: string): Promise<string[]> => {
    const rows = await dataSource.query<{ id: string }[]>(
      `select message_id as id from ${table} where message_id like 'rows-%'`,
    )
    return rows.map(({ id }) => id).sort()
  }
  const [marks, messages] = [await idsOf('processed_messages'), await idsOf('outbox_messages')]
  expect(marks).toEqual(messages)
  expect(marks).toEqual(expect.arrayContaining(acknowledged))
  // What was reported as not written is not there; the outcome was found out for every commit.
  expect(failed.filter(({ outcome }) => outcome === 'unknown')).toEqual([])
  expect(marks).toHaveLength(acknowledged.length)
})

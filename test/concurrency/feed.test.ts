import { setTimeout as sleep } from 'node:timers/promises'
import { DataSource } from 'typeorm'
import { postgresEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { EventStore, FeedStalledError } from '../../src/index.js'
import type { RecordedEvent } from '../../src/index.js'
import { createPostgresDatabase, postgres, postgresUrl } from '../support/databases.js'
import { startPostgresProcess } from '../support/postgres-process.js'
import { seededRandom } from '../support/random.js'

const database = postgres()
let dataSource: DataSource
let store: EventStore

beforeAll(async () => {
  dataSource = await database.open({ poolSize: 40 })
  store = new EventStore(dataSource)
})

afterAll(() => database.close(dataSource))

interface Tail {
  readonly events: RecordedEvent[]
  stop(): Promise<void>
}

/** Follows the feed as a projection would: again and again after the last position. */
function tail(options: { pageSize?: number } = {}): Tail {
  const events: RecordedEvent[] = []
  let running = true
  const follow = async (): Promise<void> => {
    for (let last = false; !last;) {
      last = !running
      const after = events.at(-1)?.position ?? 0
      for await (const event of store.readAll({ after, ...options })) events.push(event)
      await sleep(1)
    }
  }
  const followed = follow()
  return {
    events,
    stop: async () => {
      running = false
      await followed
    },
  }
}

it('9.2 readers miss nothing while 24 writers commit, roll back and keep transactions open', async () => {
  const tails = [tail(), tail({ pageSize: 7 }), tail({ pageSize: 1_000 })]
  const committed = new Set<string>()
  const until = Date.now() + 8_000
  const writer = async (number: number): Promise<void> => {
    const random = seededRandom(number)
    for (let version = 0; Date.now() < until;) {
      const stream = { aggregateType: 'feed', aggregateId: `writer-${number}` }
      const count = 1 + Math.floor(random() * 3)
      const append = {
        ...stream,
        expectedVersion: version,
        events: Array.from({ length: count }, (_, index) => ({ name: 'fed', payload: version + index + 1 })),
      }
      const kind = random()
      if (kind < 0.5) {
        await store.append(append)
      } else {
        const outcome = await dataSource
          .transaction(async (manager) => {
            await sleep(random() * 20)
            await store.within(manager).append(append)
            await sleep(random() < 0.05 ? 300 : random() * 40)
            if (kind > 0.85) throw new Error('rolled back')
          })
          .then(() => 'committed' as const)
          .catch(() => 'rolled back' as const)
        if (outcome === 'rolled back') continue
      }
      for (let index = 1; index <= count; index++) committed.add(`${stream.aggregateId} ${version + index}`)
      version += count
    }
  }
  await Promise.all(Array.from({ length: 24 }, (_, number) => writer(number)))
  await Promise.all(tails.map((each) => each.stop()))
  expect(committed.size).toBeGreaterThan(500)
  for (const { events } of tails) {
    const seen = events.map(({ aggregateId, sequence }) => `${aggregateId} ${sequence}`)
    expect(new Set(seen).size).toBe(seen.length)
    expect(new Set(seen)).toEqual(committed)
    const last = new Map<string, number>()
    let position = 0
    for (const event of events) {
      expect(event.sequence).toBe((last.get(event.aggregateId) ?? 0) + 1)
      expect(event.payload).toBe(event.sequence)
      expect(event.position).toBeGreaterThan(position)
      last.set(event.aggregateId, event.sequence)
      position = event.position
    }
  }
})

/** Tells how far a reader of the feed gets at once, beginning after `after`. */
async function readNow(after: number, settleTimeoutMs = 0): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const event of store.readAll({ after, settleTimeoutMs })) events.push(event)
  return events
}

const appendOne = (id: string): Promise<unknown> =>
  store.append({ aggregateType: 'feed', aggregateId: id, expectedVersion: 'any', events: [{ name: 'fed' }] })

async function lastPosition(): Promise<number> {
  return (await readNow(0, 10_000)).at(-1)?.position ?? 0
}

it('9.3 a transaction that wrote other tables, or only read, delays nobody', async () => {
  const after = await lastPosition()
  await dataSource.query('create table if not exists strangers (id int)')
  const [writing, reading] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()]
  await writing.startTransaction()
  await writing.query('insert into strangers values (1)')
  await reading.startTransaction('REPEATABLE READ')
  await reading.query('select count(*) from aggregate_events')
  await appendOne('free')
  expect(await readNow(after)).toHaveLength(1)
  for (const runner of [writing, reading]) {
    await runner.rollbackTransaction()
    await runner.release()
  }
})

it('9.3 an append left open in another database of the server delays nobody', async () => {
  const neighbour = postgres()
  const other = await neighbour.open()
  const after = await lastPosition()
  const runner = other.createQueryRunner()
  await runner.startTransaction()
  await new EventStore(other)
    .within(runner)
    .append({ aggregateType: 'feed', aggregateId: 'other', expectedVersion: 0, events: [{ name: 'fed' }] })
  await appendOne('here')
  expect(await readNow(after)).toHaveLength(1)
  await runner.rollbackTransaction()
  await runner.release()
  await neighbour.close(other)
})

it('9.3 an append left open stops a reader in front of it, with an error that names the session', async () => {
  const after = await lastPosition()
  await appendOne('before')
  const runner = dataSource.createQueryRunner()
  await runner.startTransaction()
  const [{ pid }] = (await runner.query('select pg_backend_pid() as pid')) as [{ pid: number }]
  await store
    .within(runner)
    .append({ aggregateType: 'feed', aggregateId: 'open', expectedVersion: 0, events: [{ name: 'fed' }] })
  await appendOne('behind')
  const delivered: string[] = []
  const reading = (async () => {
    for await (const event of store.readAll({ after, settleTimeoutMs: 50 })) delivered.push(event.aggregateId)
  })()
  const error: unknown = await reading.catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(FeedStalledError)
  expect((error as FeedStalledError).sessions).toEqual([pid])
  expect(delivered).toEqual(['before'])
  const waiting = readNow(after, 10_000)
  await sleep(30)
  await runner.commitTransaction()
  await runner.release()
  expect((await waiting).map(({ aggregateId }) => aggregateId)).toEqual(['before', 'open', 'behind'])
})

it('9.3 the reader does not wait for appends that began after it', async () => {
  const after = await lastPosition()
  const load = { running: true }
  const busy = (async () => {
    while (load.running) await Promise.all([appendOne('busy-1'), appendOne('busy-2'), appendOne('busy-3')])
  })()
  for (let round = 0; round < 20; round++) await readNow(after, 5_000)
  load.running = false
  await busy
})

it('9.5 a dump restored into a new cluster is read on, old events and new', async () => {
  for (let count = 0; count < 20; count++) await appendOne(`dumped-${count % 3}`)
  const before = await readNow(0, 10_000)
  // Positions and transaction ids of a new cluster begin low; with DATABASE_URL set there is only a new database.
  const cluster = process.env['DATABASE_URL'] ? undefined : await startPostgresProcess()
  const { url, drop } = await createPostgresDatabase(cluster?.url ?? postgresUrl())
  const restored = new DataSource({
    type: 'postgres',
    url,
    entities: [...postgresEntities],
    migrations: [...sourcedMigrations],
  })
  try {
    await restored.initialize()
    await restored.runMigrations()
    await copyRows(dataSource, restored)
    const readOn = async (after: number): Promise<string[]> => {
      const events: string[] = []
      for await (const event of new EventStore(restored).readAll({ after })) events.push(event.aggregateId)
      return events
    }
    const after = before.at(-1)!.position
    expect(await readOn(after)).toEqual([])
    expect(await readOn(0)).toEqual(before.map(({ aggregateId }) => aggregateId))
    await new EventStore(restored).append({
      aggregateType: 'feed',
      aggregateId: 'restored',
      expectedVersion: 'no-stream',
      events: [{ name: 'fed' }],
    })
    expect(await readOn(after)).toEqual(['restored'])
  } finally {
    await restored.destroy()
    await drop()
    await cluster?.stop()
  }
})

/** What pg_dump and its restore do: rows as they are, then the sequence's last value. */
async function copyRows(from: DataSource, to: DataSource): Promise<void> {
  const rows: { row: string }[] = await from.query(
    'select e::text as row from aggregate_events e order by position',
  )
  await to.query(
    `insert into aggregate_events overriding system value
     select (row::aggregate_events).* from unnest($1::text[]) row`,
    [rows.map(({ row }) => row)],
  )
  const [{ last }]: [{ last: string }] = await from.query(
    `select last_value as last from aggregate_events_position_seq`,
  )
  await to.query(`select setval('aggregate_events_position_seq', $1::bigint)`, [last])
}

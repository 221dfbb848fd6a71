import type { DataSource } from 'typeorm'
import { adoptTables, sourcedMigrations } from '../../migrations/index.js'
import { EventStore, SchemaError } from '../../src/index.js'
import { cleanUp, drivers, freshDatabase, generated, open } from './fresh-database.js'
import type { Options } from './fresh-database.js'

afterEach(cleanUp)

const NAMES = sourcedMigrations.map(({ name }) => name)

function insert(table: string, sequence: number): string {
  return `INSERT INTO ${table} (aggregate_type, aggregate_id, sequence, commit_id, event_name, payload, payload_codec,
    payload_codec_version) VALUES ('account', 'a', ${sequence}, '00000000-0000-4000-8000-000000000000', 'raw', 'null', 'json', 1)`
}

async function adopt(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner()
  try {
    return await adoptTables(runner)
  } finally {
    await runner.release()
  }
}

describe.each(drivers)('2.10 tables on %s that synchronize() made, with events', (driver) => {
  const openAt = async (options: Options = {}, schema?: string): Promise<DataSource> => {
    const dataSource = await open(driver, { ...(await freshDatabase(driver, schema)), ...options })
    await dataSource.synchronize()
    return dataSource
  }

  test('2.10 are adopted with their events: guarded, and the shipped migrations have nothing to do', async () => {
    const dataSource = await openAt()
    await dataSource.query(insert('aggregate_events', 1))
    await dataSource.query(insert('aggregate_events', 2))
    const store = new EventStore(dataSource)
    await expect(store.verifySchema()).rejects.toThrow(SchemaError)
    expect(await adopt(dataSource)).toEqual(NAMES)
    await store.verifySchema()
    await expect(dataSource.query('DELETE FROM aggregate_events')).rejects.toThrow(/events are immutable/)
    await expect(dataSource.query(insert('aggregate_events', 4))).rejects.toThrow(/gap/)
    expect(await dataSource.runMigrations()).toEqual([])
    expect(await dataSource.showMigrations()).toBe(false)
    expect(await generated(dataSource)).toEqual([])
    const { streams } = await store.append([
      { aggregateType: 'account', aggregateId: 'a', expectedVersion: 2, events: [{ name: 'closed' }] },
    ])
    expect(streams[0]!.version).toBe(3)
    expect(await adopt(dataSource)).toEqual([])
  })

  test('2.10 get the tables that are missing', async () => {
    const dataSource = await openAt()
    await dataSource.query('DROP TABLE outbox_messages')
    expect(await adopt(dataSource)).toEqual(NAMES)
    await new EventStore(dataSource).verifySchema()
    expect(await generated(dataSource)).toEqual([])
  })

  test('2.10 are refused as they are when a stream has a gap, and nothing is changed', async () => {
    const dataSource = await openAt({ entityPrefix: 'app_' })
    await dataSource.query(insert('app_aggregate_events', 1))
    await dataSource.query(insert('app_aggregate_events', 3))
    await expect(adopt(dataSource)).rejects.toThrow(/app_aggregate_events holds streams .* account a\. Mend/)
    await expect(new EventStore(dataSource).verifySchema()).rejects.toThrow(/lacks the trigger/)
    expect(await dataSource.showMigrations()).toBe(true)
  })

  test('2.10 have to be there', async () => {
    const dataSource = await open(driver, await freshDatabase(driver))
    await expect(adopt(dataSource)).rejects.toThrow('There is no table aggregate_events to adopt')
  })

  test('2.10 that the first release made are adopted from its migration on', async () => {
    const dataSource = await open(driver, {
      ...(await freshDatabase(driver)),
      migrations: [sourcedMigrations[0]],
    })
    await dataSource.runMigrations()
    expect(await adopt(dataSource)).toEqual(NAMES.slice(1))
    await new EventStore(dataSource).verifySchema()
  })
})

test('2.10 tables in a schema of Postgres with a prefix are adopted there', async () => {
  const options = { ...(await freshDatabase('postgres', 'events')), schema: 'events', entityPrefix: 'app_' }
  const dataSource = await open('postgres', options)
  await dataSource.synchronize()
  expect(await adopt(dataSource)).toEqual(NAMES)
  await new EventStore(dataSource).verifySchema()
  expect(await dataSource.runMigrations()).toEqual([])
  expect(await generated(dataSource)).toEqual([])
})

import { Column, Entity } from 'typeorm'
import type { DataSource } from 'typeorm'
import {
  PostgresAggregateEvent,
  PostgresAggregateSnapshot,
  SqliteAggregateEvent,
  SqliteAggregateSnapshot,
} from '../../entities/index.js'
import { installEventGuards } from '../../migrations/index.js'
import { EventStore } from '../../src/index.js'
import { cleanUp, drivers, freshDatabase, generated, open, sqliteDrivers } from './fresh-database.js'
import type { Driver, Options } from './fresh-database.js'

afterEach(cleanUp)

const places: readonly (readonly [Driver, string, Options])[] = [
  ...drivers.map((driver) => [driver, 'as shipped', {}] as const),
  ...drivers.map((driver) => [driver, 'an entityPrefix', { entityPrefix: 'app_' }] as const),
  ['postgres', 'a schema', { schema: 'events' }],
  ['postgres', 'a schema and an entityPrefix', { schema: 'events', entityPrefix: 'app_' }],
  ['postgres', 'a schema that has to be quoted', { schema: 'Event Store' }],
]

async function openAt(driver: Driver, options: Options): Promise<DataSource> {
  const database = await freshDatabase(driver, options['schema'] as string | undefined)
  return open(driver, { ...database, ...options })
}

describe.each(places)('on %s with %s', (driver, _name, options) => {
  test('2.3 after the shipped migrations TypeORM finds nothing to generate', async () => {
    const dataSource = await openAt(driver, options)
    expect(await generated(dataSource)).not.toEqual([])
    await dataSource.runMigrations()
    expect(await generated(dataSource)).toEqual([])
  })

  test('2.3 the shipped migrations go down and up again step by step', async () => {
    const dataSource = await openAt(driver, options)
    const ran = await dataSource.runMigrations({ transaction: 'each' })
    const after = await objects(dataSource)
    expect(after).not.toEqual([])
    for (let step = 0; step < ran.length; step++) await dataSource.undoLastMigration({ transaction: 'each' })
    expect(await objects(dataSource)).toEqual([])
    expect(await dataSource.showMigrations()).toBe(true)
    await dataSource.runMigrations({ transaction: 'each' })
    expect(await objects(dataSource)).toEqual(after)
    expect(await generated(dataSource)).toEqual([])
  })

  test('2.4 a store works on what the shipped migrations created', async () => {
    const dataSource = await openAt(driver, options)
    await dataSource.runMigrations()
    const store = new EventStore(dataSource)
    await store.verifySchema()
    const stream = { aggregateType: 'account', aggregateId: 'a' }
    await store.append({ ...stream, expectedVersion: 0, events: [{ name: 'opened' }, { name: 'closed' }] })
    const read: number[] = []
    for await (const event of store.readStream(stream)) read.push(event.sequence)
    expect(read).toEqual([1, 2])
    const handled = await store.handleOnce({ consumer: 'c', messageId: 'm' }, (work) => {
      work.send({ type: 'noted', messageId: 'n' })
      return Promise.resolve()
    })
    expect(handled).toBe('handled')
    const [message] = await store.outbox.claim({ worker: 'w' })
    await store.outbox.complete(message!)
    expect(await store.outbox.counts()).toMatchObject({ published: 1 })
    expect(await store.outbox.purge({ publishedBefore: new Date(Date.now() + 60_000) })).toBe(1)
    expect(await store.purgeProcessedMessages({ before: new Date(Date.now() + 60_000) })).toBe(1)
    const locked = store.withLock([stream], () => Promise.resolve('done'), { across: 'processes' })
    expect(await locked).toBe('done')
  })
})

@Entity('aggregate_events')
class TenantEventOnPostgres extends PostgresAggregateEvent {
  @Column({ name: 'tenant', type: 'varchar', nullable: true })
  tenant!: string | null
}

@Entity('aggregate_events')
class TenantEventOnSqlite extends SqliteAggregateEvent {
  @Column({ name: 'tenant', type: 'varchar', nullable: true })
  tenant!: string | null
}

describe.each(drivers)('a host on %s that generates its own migrations', (driver) => {
  test('2.3 gets tables that the store accepts once they are guarded', async () => {
    const dataSource = await openAt(driver, { migrations: [] })
    for (const statement of await generated(dataSource)) await dataSource.query(statement)
    const store = new EventStore(dataSource)
    await expect(store.verifySchema()).rejects.toThrow(/installEventGuards\(queryRunner\)/)
    await installEventGuards(dataSource.createQueryRunner())
    await store.verifySchema()
    expect(await generated(dataSource)).toEqual([])
  })
})

describe('a host that extends an entity', () => {
  test('2.3 on postgres TypeORM generates exactly the added column', async () => {
    const database = await freshDatabase('postgres')
    await (await open('postgres', database)).runMigrations()
    const entities = [TenantEventOnPostgres, PostgresAggregateSnapshot]
    const extended = await open('postgres', { ...database, entities })
    expect(await generated(extended)).toEqual([
      `ALTER TABLE "aggregate_events" ADD "tenant" character varying`,
    ])
    for (const statement of await generated(extended)) await extended.query(statement)
    expect(await generated(extended)).toEqual([])
    await new EventStore(extended).verifySchema()
  })

  test.each(sqliteDrivers)(
    '2.3 on %s the added column leaves the rest of the table as it was',
    async (driver) => {
      const database = await freshDatabase(driver)
      const shipped = await open(driver, database)
      await shipped.runMigrations()
      const before = await columns(shipped)
      await shipped.destroy()
      const entities = [TenantEventOnSqlite, SqliteAggregateSnapshot]
      const extended = await open(driver, { ...database, entities })
      for (const statement of await generated(extended)) await extended.query(statement)
      expect(await generated(extended)).toEqual([])
      expect(await columns(extended)).toEqual([...before, 'tenant'])
    },
  )

  test.each(sqliteDrivers)(
    '2.4 on %s altering the table drops its guards, which is noticed, and installing them mends it',
    async (driver) => {
      const database = await freshDatabase(driver)
      await (await open(driver, database)).runMigrations()
      const extended = await open(driver, {
        ...database,
        entities: [TenantEventOnSqlite, SqliteAggregateSnapshot],
      })
      for (const statement of await generated(extended)) await extended.query(statement)
      const store = new EventStore(extended)
      await expect(store.verifySchema()).rejects.toThrow(/installEventGuards\(queryRunner\)/)
      await installEventGuards(extended.createQueryRunner())
      await store.verifySchema()
    },
  )
})

/** Every table, index, trigger and function of the database that TypeORM does not keep for itself, by name. */
async function objects(dataSource: DataSource): Promise<string[]> {
  const rows =
    dataSource.options.type === 'postgres'
      ? await dataSource.query(
          `with theirs as (
             select oid from pg_namespace where nspname like 'pg\\_%' or nspname = 'information_schema'
           )
           select relname as name from pg_class
           where relnamespace not in (select oid from theirs) and relname not like '%migrations%' and relname not like 'PK\\_%'
           union all select tgname from pg_trigger where not tgisinternal
           union all select proname from pg_proc where pronamespace not in (select oid from theirs)
           order by name`,
        )
      : await dataSource.query(
          `select name from sqlite_master where tbl_name not like '%migrations%' and tbl_name not like 'sqlite_%'
           order by name`,
        )
  return (rows as { name: string }[]).map(({ name }) => name)
}

async function columns(dataSource: DataSource): Promise<string[]> {
  const rows: unknown = await dataSource.query(`select name from pragma_table_info('aggregate_events')`)
  return (rows as { name: string }[]).map(({ name }) => name)
}

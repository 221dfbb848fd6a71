import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm'
import type * as Typeorm from 'typeorm'
import type { DataSourceOptions } from 'typeorm'
import { postgresEntities, sqliteEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { EventStore, InvalidArgumentError, openSqlite, SchemaError, StorageError } from '../../src/index.js'
import { createPostgresDatabase, isTypeorm1 } from '../support/databases.js'

type Given = Partial<Record<string, unknown>>

const EVENTS = [{ name: 'x' }]
let next = 0
const appendTo = (store: EventStore): Promise<unknown> =>
  store.append({ aggregateType: 'start', aggregateId: `${next++}`, expectedVersion: 0, events: EVENTS })

const opened: DataSource[] = []
const open = async (options: object): Promise<DataSource> => {
  const dataSource = await new DataSource(options as DataSourceOptions).initialize()
  opened.push(dataSource)
  return dataSource
}

const sqlite = {
  type: 'better-sqlite3',
  database: ':memory:',
  entities: [...sqliteEntities],
  migrations: [...sourcedMigrations],
}

@Entity('people')
class Person {
  @PrimaryColumn({ type: 'varchar' }) id!: string
  @Column({ type: 'varchar' }) name!: string
}

let postgres: { url: string; drop: () => Promise<void> }
const onPostgres = (given: Given = {}): object => ({
  type: 'postgres',
  url: postgres.url,
  entities: [...postgresEntities],
  migrations: [...sourcedMigrations],
  ...given,
})

beforeAll(async () => {
  postgres = await createPostgresDatabase()
})
afterEach(async () => {
  for (const dataSource of opened.splice(0)) if (dataSource.isInitialized) await dataSource.destroy()
})
afterAll(() => postgres.drop())

describe.each(['Postgres', 'SQLite'])('a store on %s', (name) => {
  const given = (options: Given = {}): object =>
    name === 'Postgres' ? onPostgres(options) : { ...sqlite, ...options }
  const entities = name === 'Postgres' ? 'postgresEntities' : 'sqliteEntities'

  it('2.4 without the tables says which migrations to run, at verifySchema() and at the first use', async () => {
    const store = new EventStore(await open(given()))
    for (const start of [() => store.verifySchema(), () => appendTo(store)]) {
      await expect(start()).rejects.toThrow(SchemaError)
      await expect(start()).rejects.toThrow(/table aggregate_events does not exist.*runMigrations\(\)/)
    }
    const { cure } = (await store.verifySchema().catch((error: unknown) => error)) as SchemaError
    expect(cure.match(/Run the migrations/g)).toHaveLength(1) // once for all tables
  })

  it('2.4 with migrations registered elsewhere says so too', async () => {
    const dataSource = await open(given({ migrations: [] }))
    await dataSource.runMigrations()
    const start = new EventStore(dataSource).verifySchema()
    await expect(start).rejects.toThrow(/sourcedMigrations.*into the DataSource's 'migrations'/)
  })

  it('2.4 without the entities says which to register', async () => {
    const start = new EventStore(await open(given({ entities: [Person] }))).verifySchema()
    await expect(start).rejects.toThrow(SchemaError)
    await expect(start).rejects.toThrow(`Add '...${entities}'`)
  })

  it.each([
    ['a class that is no entity of the module', Person],
    ['an entity for another table', sqliteEntities[1]],
  ])('2.4 refuses %s as its event entity', async (_case, eventEntity) => {
    const store = new EventStore(await open(given()), { eventEntity: eventEntity as never })
    await expect(store.verifySchema()).rejects.toThrow(`registers no event entity ${eventEntity.name}`)
  })

  it('10.9 on a DataSource that is not open says to open it, and works when it was', async () => {
    const dataSource = new DataSource(given({ migrationsRun: true }) as DataSourceOptions)
    const store = new EventStore(dataSource)
    for (const start of [() => store.verifySchema(), () => appendTo(store)])
      await expect(start()).rejects.toThrow(/not open\. Call `await dataSource\.initialize\(\)`/)
    opened.push(await dataSource.initialize())
    await appendTo(store)
    await dataSource.destroy()
    await expect(appendTo(store)).rejects.toThrow(InvalidArgumentError)
  })
})

it.each([
  ['nothing', undefined, /got undefined/],
  ['a promise', Promise.resolve(), /got a promise: await it first/],
  ['options', { type: 'postgres' }, /got an object without a driver/],
])('10.9 a store is not made of %s', (_case, given, problem) => {
  const make = (): EventStore => new EventStore(given as never)
  expect(make).toThrow(InvalidArgumentError)
  expect(make).toThrow(problem)
})

it('2.4 openSqlite refuses entities that are made for Postgres', async () => {
  const opening = openSqlite(':memory:', { entities: [...postgresEntities] })
  await expect(opening).rejects.toThrow(SchemaError)
  await expect(opening).rejects.toThrow(/PostgresAggregateEvent is made for postgres.*sqliteEntities/)
})

it('10.9 entities for the other database: TypeORM names the entity', async () => {
  await expect(open({ ...sqlite, entities: [...postgresEntities] })).rejects.toThrow(
    /"PostgresAggregateEvent\.\w+" is not supported by "better-sqlite3"/,
  )
  await expect(open(onPostgres({ entities: [...sqliteEntities] }))).rejects.toThrow(
    /"SqliteAggregateEvent\.\w+" is not supported by "postgres"/,
  )
})

it('10.9 openSqlite refuses other drivers', async () => {
  await expect(openSqlite(':memory:', { driver: 'sqlite3' as never })).rejects.toThrow(InvalidArgumentError)
})

if (isTypeorm1) {
  it('10.9 sqlite3 with TypeORM 1.x is refused with what to install', async () => {
    const opening = openSqlite(':memory:', { driver: 'sqlite' })
    await expect(opening).rejects.toThrow(InvalidArgumentError)
    await expect(opening).rejects.toThrow(/Install better-sqlite3@12 .* or install typeorm@0\.3/)
    // A DataSource of the host's own does not get as far as the store: TypeORM says which drivers it has.
    expect(() => new DataSource({ ...sqlite, type: 'sqlite' } as never)).toThrow(
      /Wrong driver: "sqlite" given\. Supported drivers are: .*"better-sqlite3"/,
    )
  })
}

describe('two copies of typeorm', () => {
  const installed = join(__dirname, '../../node_modules')
  const folder = mkdtempSync(join(tmpdir(), 'typeorm-sourced-copies-'))
  symlinkSync(installed, join(folder, 'node_modules'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Another copy, which finds the packages that it needs where the first one does. */
  const copyOf = (name: 'typeorm' | 'typeorm-0.3'): typeof Typeorm => {
    const copy = join(folder, 'copies', name)
    const filter = (file: string): boolean => !/\.(map|d\.ts)$/.test(file)
    cpSync(join(installed, name), copy, { recursive: true, filter })
    return jest.requireActual(join(copy, 'index.js'))
  }

  it('10.9 of the same generation work together', async () => {
    const copy = copyOf(isTypeorm1 ? 'typeorm' : 'typeorm-0.3')
    expect(copy.DataSource).not.toBe(DataSource)
    const dataSource = await new copy.DataSource({
      ...sqlite,
      migrationsRun: true,
    } as DataSourceOptions).initialize()
    const store = new EventStore(dataSource)
    await appendTo(store)
    await dataSource.transaction((manager) => appendTo(store.within(manager)))
    expect(await dataSource.getRepository(sqliteEntities[0]).count()).toBe(2)
    await dataSource.destroy()
  })

  it('10.9 of different generations are refused with what to do', () => {
    const copy = copyOf(isTypeorm1 ? 'typeorm-0.3' : 'typeorm')
    const make = (): EventStore => new EventStore(new copy.DataSource(sqlite as DataSourceOptions))
    expect(make).toThrow(InvalidArgumentError)
    expect(make).toThrow(/two copies of typeorm.*`npm ls typeorm`/)
  })
})

describe('a pool of connections', () => {
  beforeAll(async () => {
    await (await open(onPostgres())).runMigrations()
  })

  it('10.9 that a transaction holds alone: the call says that it would wait forever', async () => {
    const dataSource = await open(onPostgres({ poolSize: 1 }))
    const store = new EventStore(dataSource)
    const waiting = dataSource.transaction(() => appendTo(store))
    await expect(waiting).rejects.toThrow(InvalidArgumentError)
    await expect(waiting).rejects.toThrow(/store\.within\(manager\)/)
    await dataSource.transaction((manager) => appendTo(store.within(manager)))
    await appendTo(store)
  })

  it('10.9 that others hold: after connectTimeoutMS the error says that the pool is empty', async () => {
    const dataSource = await open(onPostgres({ poolSize: 1, connectTimeoutMS: 1_500 }))
    const store = new EventStore(dataSource)
    const holder = dataSource.createQueryRunner()
    await holder.connect()
    await expect(appendTo(store)).rejects.toThrow(StorageError)
    await expect(appendTo(store)).rejects.toThrow(/No connection of the pool was free in time/)
    await holder.release()
    await appendTo(store)
  })

  it('2.4 10.5 with replicas is verified on the primary', async () => {
    const empty = await createPostgresDatabase()
    const replicated = (master: string, slave: string): object => ({
      type: 'postgres',
      entities: [...postgresEntities],
      replication: { master: { url: master }, slaves: [{ url: slave }] },
    })
    const right = await open(replicated(postgres.url, empty.url))
    await new EventStore(right).verifySchema()
    // Mixed up: the primary is the one without tables.
    const wrong = await open(replicated(empty.url, postgres.url))
    await expect(new EventStore(wrong).verifySchema()).rejects.toThrow(SchemaError)
    await right.destroy()
    await wrong.destroy()
    await empty.drop()
  })
})

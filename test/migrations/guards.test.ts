import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { Column, DataSource, Entity } from 'typeorm'
import type { DataSourceOptions, QueryRunner } from 'typeorm'
import {
  PostgresAggregateEvent,
  PostgresAggregateSnapshot,
  SqliteAggregateEvent,
  SqliteAggregateSnapshot,
  postgresEntities,
  sqliteEntities,
} from '../../entities/index.js'
import {
  installEventGuards,
  removeEventGuards,
  sourcedMigrations,
  withoutEventGuards,
} from '../../migrations/index.js'
import { EventStore, SchemaError, openSqlite } from '../../src/index.js'
import type { OpenSqliteOptions } from '../../src/index.js'
import {
  cleanUp,
  drivers,
  freshDatabase,
  freshFolder,
  generated,
  open,
  openFresh,
  openMigrated,
  sqliteDrivers,
} from './fresh-database.js'
import type { Driver } from './fresh-database.js'

afterEach(async () => {
  jest.restoreAllMocks()
  await cleanUp()
})

const STREAM = { aggregateType: 'account', aggregateId: 'a' }

/** A migrated database with the stream `a` at version 2. */
async function openWithEvents(driver: Driver): Promise<DataSource> {
  const dataSource = await openMigrated(driver)
  await new EventStore(dataSource).append({
    ...STREAM,
    expectedVersion: 0,
    events: [{ name: 'opened', payload: { by: 'ann' } }, { name: 'deposited' }],
  })
  return dataSource
}

interface RawEvent {
  readonly id?: string
  readonly sequence: number
  readonly position?: number
  readonly verb?: string
}

/** An INSERT that bypasses the module. */
function insert({ id = 'a', sequence, position, verb = 'INSERT' }: RawEvent): string {
  const named = position === undefined ? '' : ', position'
  const value = position === undefined ? '' : `, ${position}`
  return `${verb} INTO aggregate_events (aggregate_type, aggregate_id, sequence, commit_id, event_name, payload,
    payload_codec, payload_codec_version${named})
    VALUES ('account', '${id}', ${sequence}, '00000000-0000-4000-8000-000000000000', 'raw', 'null', 'json', 1${value})`
}

async function rows(runner: DataSource | QueryRunner): Promise<Record<string, unknown>[]> {
  return (await runner.query('SELECT * FROM aggregate_events ORDER BY position')) as Record<string, unknown>[]
}

/** The database refuses the statement, and no event is different afterwards. */
async function expectRefused(dataSource: DataSource, statement: string, why: RegExp): Promise<void> {
  const before = await rows(dataSource)
  await expect(dataSource.query(statement)).rejects.toThrow(why)
  expect(await rows(dataSource)).toEqual(before)
}

const onSqlite = (driver: Driver): boolean => driver !== 'postgres'

describe.each(drivers)('the database itself, on %s', (driver) => {
  test('2.1 refuses UPDATE of events', async () => {
    const dataSource = await openWithEvents(driver)
    await expectRefused(dataSource, `UPDATE aggregate_events SET event_name = 'x'`, /events are immutable/)
    await expectRefused(
      dataSource,
      `UPDATE aggregate_events SET event_name = '$checked' WHERE sequence = 2`,
      /events are immutable/,
    )
  })

  test('2.1 refuses DELETE of events', async () => {
    const dataSource = await openWithEvents(driver)
    await expectRefused(dataSource, 'DELETE FROM aggregate_events', /events are immutable/)
    await expectRefused(dataSource, 'DELETE FROM aggregate_events WHERE sequence = 2', /events are immutable/)
  })

  test('2.1 refuses what would make an INSERT an UPDATE', async () => {
    const dataSource = await openWithEvents(driver)
    const target = onSqlite(driver) ? 'position' : 'aggregate_type, aggregate_id, sequence'
    const row = onSqlite(driver) ? { sequence: 3, position: 1 } : { sequence: 2 }
    await expectRefused(
      dataSource,
      `${insert(row)} ON CONFLICT (${target}) DO UPDATE SET event_name = 'x'`,
      /events are immutable|would leave a gap in its stream or replace another/,
    )
  })

  test('2.1 refuses that a repository of TypeORM saves over an event', async () => {
    const dataSource = await openWithEvents(driver)
    const entity = onSqlite(driver) ? SqliteAggregateEvent : PostgresAggregateEvent
    const events = dataSource.getRepository<SqliteAggregateEvent | PostgresAggregateEvent>(entity)
    const [event] = await events.find({ order: { sequence: 'ASC' } })
    await expect(events.save(Object.assign(event!, { eventName: 'x' }))).rejects.toThrow(
      /events are immutable/,
    )
    await expect(events.remove(event!)).rejects.toThrow(/events are immutable/)
    expect((await rows(dataSource)).map((row) => row['event_name'])).toEqual(['opened', 'deposited'])
  })

  test('2.2 refuses a sequence that would leave a gap', async () => {
    const dataSource = await openWithEvents(driver)
    const why = /would leave a gap in its stream/
    await expectRefused(dataSource, insert({ sequence: 4 }), why)
    await expectRefused(dataSource, insert({ id: 'b', sequence: 2 }), why)
    await expectRefused(dataSource, insert({ id: 'b', sequence: 0 }), /would leave a gap|sequence/)
    await dataSource.query(insert({ sequence: 3 }))
    await dataSource.query(insert({ id: 'b', sequence: 1 }))
    expect(await rows(dataSource)).toHaveLength(4)
  })

  test('2.2 refuses a sequence that exists already', async () => {
    const dataSource = await openWithEvents(driver)
    for (const sequence of [1, 2])
      await expectRefused(dataSource, insert({ sequence }), /duplicate key|would leave a gap in its stream/)
  })

  test('2.1 lets an operator change events inside withoutEventGuards, and refuses again afterwards', async () => {
    const dataSource = await openWithEvents(driver)
    const runner = dataSource.createQueryRunner()
    const result = await withoutEventGuards(runner, async () => {
      await runner.query(`UPDATE aggregate_events SET event_name = 'forgotten' WHERE sequence = 1`)
      await runner.query('DELETE FROM aggregate_events WHERE sequence = 2')
      return 'done'
    })
    await runner.release()
    expect(result).toBe('done')
    expect((await rows(dataSource)).map((row) => row['event_name'])).toEqual(['forgotten'])
    await expectRefused(dataSource, 'DELETE FROM aggregate_events', /events are immutable/)
    await expectRefused(dataSource, insert({ sequence: 3 }), /would leave a gap/)
    await new EventStore(dataSource).verifySchema()
  })

  test('2.1 undoes everything and refuses again after an error inside withoutEventGuards', async () => {
    const dataSource = await openWithEvents(driver)
    const before = await rows(dataSource)
    const runner = dataSource.createQueryRunner()
    const work = withoutEventGuards(runner, async () => {
      await runner.query('DELETE FROM aggregate_events')
      throw new Error('changed my mind')
    })
    await expect(work).rejects.toThrow('changed my mind')
    expect(runner.isTransactionActive).toBe(false)
    await expect(runner.query('DELETE FROM aggregate_events')).rejects.toThrow(/events are immutable/)
    await runner.release()
    expect(await rows(dataSource)).toEqual(before)
    await expectRefused(dataSource, `UPDATE aggregate_events SET event_name = 'x'`, /events are immutable/)
    await new EventStore(dataSource).verifySchema()
  })

  test.each(['succeeded', 'failed'])(
    '2.1 refuses again in the outer transaction after withoutEventGuards %s in a savepoint of it',
    async (outcome) => {
      const dataSource = await openWithEvents(driver)
      const runner = dataSource.createQueryRunner()
      await runner.startTransaction()
      await withoutEventGuards(runner, async () => {
        await runner.query('DELETE FROM aggregate_events WHERE sequence = 2')
        if (outcome === 'failed') throw new Error('failed')
      }).catch(() => undefined)
      await runner.startTransaction()
      await expect(runner.query('DELETE FROM aggregate_events')).rejects.toThrow(/events are immutable/)
      await runner.rollbackTransaction()
      await runner.commitTransaction()
      await runner.release()
      expect(await rows(dataSource)).toHaveLength(outcome === 'failed' ? 2 : 1)
      await expectRefused(dataSource, 'DELETE FROM aggregate_events', /events are immutable/)
    },
  )

  test('2.1 keeps its guards, and gets no second set, when they are installed again', async () => {
    const dataSource = await openWithEvents(driver)
    await installEventGuards(dataSource.createQueryRunner())
    await installEventGuards(dataSource.createQueryRunner())
    await expectRefused(dataSource, 'DELETE FROM aggregate_events', /events are immutable/)
    await removeEventGuards(dataSource.createQueryRunner())
    await dataSource.query('DELETE FROM aggregate_events')
    expect(await rows(dataSource)).toEqual([])
  })
})

describe('the database itself, on postgres alone', () => {
  test('2.1 refuses TRUNCATE, but not inside withoutEventGuards', async () => {
    const dataSource = await openWithEvents('postgres')
    await expectRefused(dataSource, 'TRUNCATE aggregate_events', /events are immutable: TRUNCATE/)
    await expectRefused(dataSource, 'TRUNCATE aggregate_events CASCADE', /events are immutable: TRUNCATE/)
    const runner = dataSource.createQueryRunner()
    await withoutEventGuards(runner, () => runner.query('TRUNCATE aggregate_events'))
    await runner.release()
    expect(await rows(dataSource)).toEqual([])
  })

  test('2.1 refuses other sessions while one is inside withoutEventGuards', async () => {
    const dataSource = await openWithEvents('postgres')
    const runner = dataSource.createQueryRunner()
    await withoutEventGuards(runner, async () => {
      await runner.query(`DELETE FROM aggregate_events WHERE sequence = 2`)
      await expect(
        dataSource.query(`UPDATE aggregate_events SET event_name = 'x' WHERE sequence = 1`),
      ).rejects.toThrow(/events are immutable/)
    })
    await runner.release()
  })

  test('2.2 refuses a gap inside one statement of many rows', async () => {
    const dataSource = await openWithEvents('postgres')
    const rowsOf = (...sequences: number[]): string =>
      sequences.map((sequence) => insert({ sequence })).join(';')
    await expectRefused(dataSource, rowsOf(3, 5), /would leave a gap/)
    await dataSource.query(rowsOf(3, 4))
    expect(await rows(dataSource)).toHaveLength(4)
  })

  test('2.2 refuses a gap in a transaction in which the module has appended', async () => {
    const dataSource = await openWithEvents('postgres')
    const store = new EventStore(dataSource)
    const events = [{ name: 'deposited' }]
    await dataSource.transaction(async (manager) => {
      await store.within(manager).append({ ...STREAM, expectedVersion: 2, events })
      await store
        .within(manager)
        .append({ ...STREAM, expectedVersion: 'any', events: [...events, ...events] })
      await manager.query('SAVEPOINT before_gap')
      await expect(manager.query(insert({ sequence: 7 }))).rejects.toThrow(/would leave a gap/)
      await manager.query('ROLLBACK TO SAVEPOINT before_gap')
      await manager.query(insert({ sequence: 6 }))
    })
    expect(await rows(dataSource)).toHaveLength(6)
  })

  test('2.2 refuses a gap on a connection on which the module has committed by itself', async () => {
    const dataSource = await openMigrated('postgres', { poolSize: 1 })
    const store = new EventStore(dataSource)
    await store.append({ ...STREAM, expectedVersion: 0, events: [{ name: 'opened' }] })
    await store.append({ ...STREAM, expectedVersion: 1, events: [{ name: 'deposited' }] })
    await expectRefused(dataSource, insert({ sequence: 4 }), /would leave a gap/)
  })

  test('2.2 refuses a gap whatever tables the session has put before the events', async () => {
    const database = await freshDatabase('postgres')
    await (await open('postgres', database)).runMigrations()
    const client = new Client({ connectionString: database['url'] as string })
    await client.connect()
    try {
      await client.query(insert({ sequence: 1 }))
      await client.query('CREATE TEMP TABLE aggregate_events AS SELECT * FROM public.aggregate_events')
      await client.query('UPDATE pg_temp.aggregate_events SET sequence = 2')
      const gap = insert({ sequence: 3 }).replace('aggregate_events', 'public.aggregate_events')
      await expect(client.query(gap)).rejects.toThrow(/would leave a gap/)
    } finally {
      await client.end()
    }
  })

  test('2.2 accepts what is contiguous with an empty search_path, as a restored dump sets it', async () => {
    const database = await freshDatabase('postgres')
    await (await open('postgres', database)).runMigrations()
    const client = new Client({ connectionString: database['url'] as string })
    await client.connect()
    try {
      await client.query(`SELECT pg_catalog.set_config('search_path', '', false)`)
      for (const sequence of [1, 2])
        await client.query(insert({ sequence }).replace('aggregate_events', 'public.aggregate_events'))
    } finally {
      await client.end()
    }
  })
})

describe.each(sqliteDrivers)('the database itself, on %s alone', (driver) => {
  test('2.1 refuses INSERT OR REPLACE and UPDATE OR REPLACE', async () => {
    const dataSource = await openWithEvents(driver)
    const replace = 'INSERT OR REPLACE'
    await expectRefused(dataSource, insert({ verb: replace, sequence: 1 }), /gap in its stream or replace/)
    await expectRefused(dataSource, insert({ verb: replace, sequence: 2 }), /gap in its stream or replace/)
    await expectRefused(dataSource, insert({ verb: 'REPLACE', sequence: 2 }), /gap in its stream or replace/)
    const position = Number((await rows(dataSource))[0]!['position'])
    await expectRefused(
      dataSource,
      insert({ verb: replace, id: 'b', sequence: 1, position }),
      /gap in its stream or replace/,
    )
    await expectRefused(
      dataSource,
      'UPDATE OR REPLACE aggregate_events SET sequence = 1 WHERE sequence = 2',
      /events are immutable/,
    )
  })
})

@Entity('aggregate_events')
class TaggedEventOnPostgres extends PostgresAggregateEvent {
  @Column({ name: 'tag', type: 'varchar', nullable: true })
  tag!: string | null
}

@Entity('aggregate_events')
class TaggedEventOnSqlite extends SqliteAggregateEvent {
  @Column({ name: 'tag', type: 'varchar', nullable: true })
  tag!: string | null
}

/** What the store's first use fails with. */
async function schemaError(store: EventStore): Promise<SchemaError> {
  const error: unknown = await store
    .append({ ...STREAM, expectedVersion: 'any', events: [{ name: 'opened' }] })
    .then(
      () => undefined,
      (reason: unknown) => reason,
    )
  expect(error).toBeInstanceOf(SchemaError)
  return error as SchemaError
}

/** The store works: its schema passes, and an append is stored. */
async function expectWorking(store: EventStore): Promise<void> {
  await store.verifySchema()
  const { events } = await store.append({ ...STREAM, expectedVersion: 'any', events: [{ name: 'opened' }] })
  expect(events).toHaveLength(1)
}

describe.each(drivers)('the check at the first use, on %s', (driver) => {
  const [Tagged, Snapshot] = onSqlite(driver)
    ? [TaggedEventOnSqlite, SqliteAggregateSnapshot]
    : [TaggedEventOnPostgres, PostgresAggregateSnapshot]
  const [entities, others, dialect] = onSqlite(driver)
    ? [sqliteEntities, postgresEntities, 'sqlite']
    : [postgresEntities, sqliteEntities, 'postgres']

  test('2.4 names the migrations when the tables are missing, and running them mends it', async () => {
    const dataSource = await openFresh(driver)
    const store = new EventStore(dataSource)
    const { problems, cure } = await schemaError(store)
    expect(problems).toEqual([
      'table aggregate_events does not exist',
      'table aggregate_snapshots does not exist',
      'table processed_messages does not exist',
      'table outbox_messages does not exist',
      'table aggregate_locks does not exist',
    ])
    expect(cure).toContain("put '...sourcedMigrations' from 'typeorm-sourced/migrations'")
    expect(cure).toContain("call 'await dataSource.runMigrations()'")
    expect(cure).toContain('npx typeorm migration:run -d')
    expect(await generated(dataSource)).not.toEqual([])
    await dataSource.runMigrations()
    await expectWorking(store)
  })

  test.each(
    onSqlite(driver)
      ? ['contiguous', 'no_update', 'no_delete']
      : ['contiguous', 'placeholder', 'immutable', 'no_truncate'],
  )(
    '2.4 names installEventGuards when the trigger %s is missing, and calling it mends it',
    async (trigger) => {
      const dataSource = await openMigrated(driver)
      const on = onSqlite(driver) ? '' : ' ON aggregate_events'
      await dataSource.query(`DROP TRIGGER aggregate_events_${trigger}${on}`)
      const store = new EventStore(dataSource)
      const { problems, cure } = await schemaError(store)
      expect(problems.join()).toContain(`lacks the trigger aggregate_events_${trigger} `)
      expect(cure).toContain("Call 'await installEventGuards(queryRunner)' from 'typeorm-sourced/migrations'")
      await installEventGuards(dataSource.createQueryRunner())
      await expectWorking(store)
    },
  )

  test('2.4 names migration:generate when a column is missing, and what it generates mends it', async () => {
    const database = await freshDatabase(driver)
    const shipped = await open(driver, database)
    await shipped.runMigrations()
    await shipped.destroy()
    const extended = await open(driver, { ...database, entities: [Tagged, Snapshot] })
    const store = new EventStore(extended)
    const { problems, cure } = await schemaError(store)
    expect(problems).toEqual(['table aggregate_events has no column tag'])
    expect(cure).toContain('npx typeorm migration:generate')
    for (const statement of await generated(extended)) await extended.query(statement)
    // SQLite has recreated the table without its triggers; that has a cure of its own.
    if (onSqlite(driver)) {
      expect((await schemaError(store)).cure).toContain('installEventGuards(queryRunner)')
      await installEventGuards(extended.createQueryRunner())
    }
    await expectWorking(store)
  })

  test('2.4 names the entities when none is registered, and registering them mends it', async () => {
    const database = await freshDatabase(driver)
    const bare = await open(driver, { ...database, entities: [], migrations: [] })
    const { problems, cure } = await schemaError(new EventStore(bare))
    expect(problems).toEqual(['the DataSource registers no event entity'])
    expect(cure).toContain(`Add '...${dialect}Entities' from 'typeorm-sourced/entities'`)
    await bare.destroy()
    const mended = await open(driver, { ...database, entities: [...entities] })
    await mended.runMigrations()
    await expectWorking(new EventStore(mended))
  })

  test('2.4 names the entities when those of the other database are registered', async () => {
    const database = await freshDatabase(driver)
    const wrong = new DataSource({
      type: driver,
      ...database,
      entities: [...others],
    } as unknown as DataSourceOptions)
    // TypeORM refuses such a DataSource by itself: the other database's column types are unknown to the driver.
    await expect(wrong.initialize()).rejects.toThrow(/is not supported by/)
    const mended = await open(driver, { ...database, entities: [...entities] })
    await mended.runMigrations()
    await expectWorking(new EventStore(mended))
  })

  test('2.4 names the option when two event entities are registered, and giving it mends it', async () => {
    const database = await freshDatabase(driver)
    const two = await open(driver, { ...database, entities: [...entities, Tagged] })
    const { problems, cure } = await schemaError(new EventStore(two))
    expect(problems.join()).toMatch(/registers several event entities \(.*AggregateEvent, TaggedEvent.*\)/)
    expect(cure).toBe("Name one of them with the store's option 'eventEntity'.")
    const store = new EventStore(two, { eventEntity: entities[0] })
    await two.runMigrations()
    await expectWorking(store)
  })

  test('2.4 names several problems at once', async () => {
    const dataSource = await openMigrated(driver)
    await dataSource.query('ALTER TABLE aggregate_snapshots DROP COLUMN recorded_at')
    await dataSource.query('ALTER TABLE aggregate_snapshots DROP COLUMN metadata')
    expect((await schemaError(new EventStore(dataSource))).problems).toEqual([
      'table aggregate_snapshots has no column metadata',
      'table aggregate_snapshots has no column recorded_at',
    ])
  })

  test('2.4 never creates or alters a table', async () => {
    const dataSource = await openFresh(driver)
    await schemaError(new EventStore(dataSource))
    const tables: unknown = await dataSource.query(
      onSqlite(driver)
        ? `SELECT name FROM sqlite_master`
        : `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`,
    )
    expect(tables).toEqual([])
  })
})

describe.each(sqliteDrivers)('openSqlite with the driver %s', (driver) => {
  const options = (driver === 'better-sqlite3' ? {} : { driver }) as OpenSqliteOptions

  test('2.4 creates missing folders and the file, and migrates', async () => {
    const file = join(await freshFolder(), 'a/b c/ü/bank.db')
    const dataSource = await openSqlite(file, options)
    await expectWorking(new EventStore(dataSource))
    expect(existsSync(file)).toBe(true)
    expect(await dataSource.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }])
    expect(await dataSource.query('PRAGMA synchronous')).toEqual([{ synchronous: 2 }])
    expect(await dataSource.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }])
    await dataSource.destroy()
  })

  test('2.4 opens an existing file with its events', async () => {
    const file = join(await freshFolder(), 'bank.db')
    const first = await openSqlite(file, options)
    await expectWorking(new EventStore(first))
    await first.destroy()
    const second = await openSqlite(file, options)
    expect((await rows(second)).map((row) => row['event_name'])).toEqual(['opened'])
    await expectWorking(new EventStore(second))
    expect(await second.showMigrations()).toBe(false)
    await second.destroy()
  })

  test('2.4 opens a database in memory', async () => {
    const dataSource = await openSqlite(':memory:', options)
    await expectWorking(new EventStore(dataSource))
    await dataSource.destroy()
    expect(existsSync(':memory:')).toBe(false)
  })

  test("2.4 takes the host's subclass of an entity, entities and migrations", async () => {
    const file = join(await freshFolder(), 'bank.db')
    const dataSource = await openSqlite(file, {
      ...options,
      entities: [TaggedEventOnSqlite],
      migrations: [AddTag1763700000000],
    })
    expect(dataSource.migrations.map(({ name }) => name)).toEqual([
      ...sourcedMigrations.map(({ name }) => name),
      'AddTag1763700000000',
    ])
    await expectWorking(new EventStore(dataSource))
    const events = await dataSource.getRepository(TaggedEventOnSqlite).find()
    expect(events.map(({ tag }) => tag)).toEqual([null])
    await dataSource.destroy()
  })

  test('2.4 leaves nothing open when a migration fails', async () => {
    jest.spyOn(console, 'log').mockImplementation() // TypeORM tells of failed migrations even without logging
    const file = join(await freshFolder(), 'bank.db')
    const opening = openSqlite(file, { ...options, migrations: [Broken1763700000001] })
    await expect(opening).rejects.toHaveProperty('message', expect.stringContaining('no_such_table'))
    const dataSource = await openSqlite(file, options)
    await expectWorking(new EventStore(dataSource))
    await dataSource.destroy()
  })
})

class AddTag1763700000000 {
  readonly name = 'AddTag1763700000000'
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "aggregate_events" ADD COLUMN "tag" varchar')
  }
  async down(): Promise<void> {}
}

class Broken1763700000001 {
  readonly name = 'Broken1763700000001'
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM no_such_table')
  }
  async down(): Promise<void> {}
}

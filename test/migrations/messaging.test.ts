import { Column, DefaultNamingStrategy, Entity } from 'typeorm'
import type { DataSource } from 'typeorm'
import {
  PostgresAggregateEvent,
  PostgresAggregateSnapshot,
  PostgresOutboxMessage,
  PostgresProcessedMessage,
  SqliteAggregateEvent,
  SqliteAggregateSnapshot,
  SqliteOutboxMessage,
  SqliteProcessedMessage,
} from '../../entities/index.js'
import { createMessagingTables } from '../../migrations/index.js'
import { EventStore, SchemaError } from '../../src/index.js'
import { cleanUp, drivers, freshDatabase, generated, open, openFresh } from './fresh-database.js'
import type { Driver } from './fresh-database.js'

afterEach(cleanUp)

const onSqlite = (driver: Driver): boolean => driver !== 'postgres'

@Entity('outbox_messages')
class TenantMessageOnPostgres extends PostgresOutboxMessage {
  @Column({ name: 'tenant', type: 'varchar', nullable: true })
  tenant!: string | null
}

@Entity('outbox_messages')
class TenantMessageOnSqlite extends SqliteOutboxMessage {
  @Column({ name: 'tenant', type: 'varchar', nullable: true })
  tenant!: string | null
}

class AppNames extends DefaultNamingStrategy {
  override tableName(targetName: string, userSpecifiedName: string | undefined): string {
    return `App ${super.tableName(targetName, userSpecifiedName)}`
  }
}

async function tables(dataSource: DataSource): Promise<string[]> {
  const rows: unknown = await dataSource.query(
    dataSource.options.type === 'postgres'
      ? `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'migrations'`
      : `select name from sqlite_master where type = 'table' and name not in ('migrations', 'sqlite_sequence')`,
  )
  return (rows as { name: string }[]).map(({ name }) => name).sort()
}

/** A store that sends, publishes and handles a message once. */
async function expectMessaging(store: EventStore): Promise<void> {
  const handle = (): Promise<string> =>
    store.handleOnce({ consumer: 'c', messageId: 'm' }, (work) => {
      work.send({ type: 'noted' })
      return Promise.resolve()
    })
  expect([await handle(), await handle()]).toEqual(['handled', 'already-handled'])
  const [message] = await store.outbox.claim({ worker: 'w' })
  await store.outbox.complete(message!)
  const locked = store.withLock([{ aggregateType: 'a', aggregateId: 'b' }], () => Promise.resolve(1), {
    across: 'processes',
  })
  expect(await locked).toBe(1)
}

describe.each(drivers)('the tables of messages and locks, on %s', (driver) => {
  const [Event, Snapshot, Processed, Outbox, Extended] = onSqlite(driver)
    ? [
        SqliteAggregateEvent,
        SqliteAggregateSnapshot,
        SqliteProcessedMessage,
        SqliteOutboxMessage,
        TenantMessageOnSqlite,
      ]
    : [
        PostgresAggregateEvent,
        PostgresAggregateSnapshot,
        PostgresProcessedMessage,
        PostgresOutboxMessage,
        TenantMessageOnPostgres,
      ]

  test('2.3 are left out for a host that does not register their entities, whose store works without them', async () => {
    const dataSource = await openFresh(driver, { entities: [Event, Snapshot] })
    await dataSource.runMigrations()
    expect(await tables(dataSource)).toEqual(['aggregate_events', 'aggregate_snapshots'])
    expect(await generated(dataSource)).toEqual([])
    const store = new EventStore(dataSource)
    await store.verifySchema()
    await store.append({
      aggregateType: 'a',
      aggregateId: 'b',
      expectedVersion: 0,
      events: [{ name: 'x' }],
    })
    await expect(store.outbox.counts()).rejects.toThrow(/does not register its entity/)
    await dataSource.undoLastMigration()
    await dataSource.undoLastMigration()
    expect(await tables(dataSource)).toEqual([])
  })

  test('2.4 are asked for when their entities are registered later, and createMessagingTables makes them', async () => {
    const database = await freshDatabase(driver)
    const early = await open(driver, { ...database, entities: [Event, Snapshot, Processed] })
    await early.runMigrations()
    expect(await tables(early)).toContain('processed_messages')
    await early.destroy()
    const dataSource = await open(driver, database)
    const store = new EventStore(dataSource)
    const error = await store.verifySchema().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(SchemaError)
    const { problems, cure } = error as SchemaError
    expect(problems).toEqual(['table outbox_messages does not exist', 'table aggregate_locks does not exist'])
    expect(cure).toContain(
      `the entity of outbox_messages, aggregate_locks, call 'await createMessagingTables`,
    )
    const runner = dataSource.createQueryRunner()
    await createMessagingTables(runner)
    await createMessagingTables(runner)
    await runner.release()
    expect(await generated(dataSource)).toEqual([])
    await store.verifySchema()
    await expectMessaging(store)
    await dataSource.undoLastMigration()
    expect(await tables(dataSource)).toEqual(['aggregate_events', 'aggregate_snapshots'])
  })

  test('2.4 may be extended: the added column leaves the rest of the table as it was', async () => {
    const database = await freshDatabase(driver)
    const shipped = await open(driver, database)
    await shipped.runMigrations()
    const before = await checks(shipped)
    await shipped.destroy()
    const dataSource = await open(driver, { ...database, entities: [Event, Snapshot, Processed, Extended] })
    const store = new EventStore(dataSource)
    await expect(store.verifySchema()).rejects.toMatchObject({
      problems: ['table outbox_messages has no column tenant'],
    })
    for (const statement of await generated(dataSource)) await dataSource.query(statement)
    expect(await generated(dataSource)).toEqual([])
    expect(await checks(dataSource)).toEqual(before)
    await store.unitOfWork((work) => work.send({ type: 'noted', messageId: 'n', payload: [1] }))
    const [message] = await store.outbox.claim({ worker: 'w' })
    expect(message).toMatchObject({ messageId: 'n', payload: [1] })
    const rows = await dataSource.getRepository<TenantMessageOnSqlite>(Extended).find()
    expect(rows).toMatchObject([{ messageId: 'n', status: 'in_flight', payload: [1], tenant: null }])
    expect(rows[0]!.claimedUntil!.getTime()).toBe(message!.claimedUntil.getTime())
  })

  test('2.4 have the names that the DataSource’s naming strategy gives them', async () => {
    const dataSource = await openFresh(driver, { namingStrategy: new AppNames() })
    await dataSource.runMigrations()
    expect(await tables(dataSource)).toContain('App outbox_messages')
    await expectMessaging(new EventStore(dataSource))
  })

  test('2.4 are refused when several entities map one of them', async () => {
    const dataSource = await openFresh(driver, { entities: [Event, Snapshot, Outbox, Extended] })
    await expect(new EventStore(dataSource).verifySchema()).rejects.toThrow(
      /registers several outbox entities \(.*\).*option 'outboxMessageEntity'/s,
    )
  })
})

/** The names and texts of the outbox's CHECKs and indexes. */
async function checks(dataSource: DataSource): Promise<string[]> {
  if (dataSource.options.type === 'postgres') {
    const rows: unknown = await dataSource.query(
      `select conname || pg_get_constraintdef(oid) as text from pg_constraint where conrelid = 'outbox_messages'::regclass
       union all select indexdef from pg_indexes where tablename = 'outbox_messages' order by 1`,
    )
    return (rows as { text: string }[]).map(({ text }) => text)
  }
  const rows: unknown = await dataSource.query(
    `select type, sql from sqlite_master where tbl_name = 'outbox_messages' and sql is not null`,
  )
  return (rows as { type: string; sql: string }[])
    .flatMap(({ type, sql }) => (type === 'table' ? checksOf(sql) : [sql]))
    .sort()
}

/** TypeORM writes the table anew in one line, and puts CHECKs into brackets of their own. */
function checksOf(table: string): string[] {
  return table
    .replaceAll(/\s+/g, ' ')
    .split(', CONSTRAINT "')
    .filter((part) => part.startsWith('ck_'))
    .map((part) => part.replaceAll(/[()]/g, '').trim())
}

import { Column, DefaultNamingStrategy, Entity } from 'typeorm'
import type { DataSource, QueryRunner } from 'typeorm'
import {
  eventEntity,
  PostgresAggregateLock,
  PostgresOutboxMessage,
  PostgresProcessedMessage,
  snapshotEntity,
  SqliteAggregateLock,
  SqliteOutboxMessage,
  SqliteProcessedMessage,
} from '../../entities/index.js'
import type { Dialect, PayloadType } from '../../entities/index.js'
import { installEventGuards, sourcedMigrations } from '../../migrations/index.js'
import { EventStore } from '../../src/index.js'
import { Tenant, tenantEvent, tenantSnapshot } from '../integration/extended-entities.js'
import { cleanUp, drivers, freshDatabase, generated, open, sqliteDrivers } from './fresh-database.js'
import type { Driver, Options } from './fresh-database.js'

afterEach(cleanUp)

const dialectOf = (driver: Driver): Dialect => (driver === 'postgres' ? 'postgres' : 'sqlite')

/** What a host has: the extended entities, an entity that they refer to, and the shipped ones that it leaves alone. */
function extended(driver: Driver, payload: PayloadType): Options {
  const dialect = dialectOf(driver)
  const shipped =
    dialect === 'postgres'
      ? [PostgresOutboxMessage, PostgresProcessedMessage, PostgresAggregateLock]
      : [SqliteOutboxMessage, SqliteProcessedMessage, SqliteAggregateLock]
  return { entities: [tenantEvent(dialect, payload), tenantSnapshot(dialect, payload), Tenant, ...shipped] }
}

const places: readonly (readonly [Driver, PayloadType, string, Options])[] = [
  ...drivers.map((driver) => [driver, 'json', 'as shipped', {}] as const),
  ...sqliteDrivers.map((driver) => [driver, 'text', 'an entityPrefix', { entityPrefix: 'app_' }] as const),
  ['postgres', 'text', 'an entityPrefix', { entityPrefix: 'app_' }],
  ['postgres', 'jsonb', 'a schema', { schema: 'Event Store' }],
  ['postgres', 'jsonb', 'a schema and an entityPrefix', { schema: 'events', entityPrefix: 'app_' }],
]

let timestamp = 1_764_000_000_000

/** Runs what TypeORM generates as a migration of the host's, and gives how many statements there were. */
async function runGenerated(dataSource: DataSource): Promise<number> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log()
  dataSource.migrations.push({
    name: `Host${(timestamp += 1)}`,
    async up(queryRunner: QueryRunner) {
      for (const { query, parameters } of upQueries) await queryRunner.query(query, parameters)
      await installEventGuards(queryRunner)
    },
    down: () => Promise.resolve(),
  })
  await dataSource.runMigrations()
  return upQueries.length
}

/** A store works on the tables as they are. */
async function useStore(dataSource: DataSource): Promise<void> {
  await dataSource.getRepository(Tenant).insert({ id: 'a' })
  const store = new EventStore<ReturnType<typeof tenantEvent>['prototype']>(dataSource, {
    eventColumns: { tenantId: () => 'a' },
    snapshotColumns: { tenantId: () => 'a' } as object,
  })
  await store.verifySchema()
  const stream = { aggregateType: 'account', aggregateId: 'a' }
  await store.append({ ...stream, expectedVersion: 0, events: [{ name: 'opened' }, { name: 'closed' }] })
  await store.append([
    { ...stream, expectedVersion: 2 },
    { ...stream, aggregateId: 'b', expectedVersion: 0, events: [{ name: 'opened', payload: { a: 1 } }] },
  ])
  const read: unknown[] = []
  for await (const { payload, columns } of store.readAll({ where: { tenantUpper: 'A' } }))
    read.push([payload, columns.tenantUpper])
  expect(read).toEqual([
    [null, 'A'],
    [null, 'A'],
    [{ a: 1 }, 'A'],
  ])
}

describe.each(places)(
  'extended entities on %s with payloads of type %s and %s',
  (driver, payload, _name, options) => {
    const openHere = async (migrations: readonly unknown[]): Promise<DataSource> => {
      const database = await freshDatabase(driver, options['schema'] as string | undefined)
      return open(driver, { ...database, ...extended(driver, payload), ...options, migrations })
    }

    test('2.7 beside the shipped migrations TypeORM generates one more, and then nothing', async () => {
      const dataSource = await openHere([...sourcedMigrations])
      await dataSource.runMigrations()
      // SQLite alters a table by making it anew.
      const altered = (await generated(dataSource)).filter((statement) => statement.includes('"payload"'))
      expect(altered.length > 0).toBe(driver !== 'postgres')
      expect(await runGenerated(dataSource)).toBeGreaterThan(0)
      expect(await generated(dataSource)).toEqual([])
      await useStore(dataSource)
    })

    test('2.7 without them TypeORM generates everything, and then nothing', async () => {
      const dataSource = await openHere([])
      expect(await runGenerated(dataSource)).toBeGreaterThan(0)
      if (options['schema'] !== undefined) {
        // TypeORM forgets the expression of a column that is computed if its table is created in a schema: it comes once more.
        const again = await generated(dataSource)
        expect(again.filter((statement) => !/tenant_upper|typeorm_metadata/.test(statement))).toEqual([])
        await runGenerated(dataSource)
      }
      expect(await generated(dataSource)).toEqual([])
      await useStore(dataSource)
    })
  },
)

/** A strategy as hosts use them: it moves every name that is not explicit. */
class Shouting extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined, prefixes: string[]): string {
    return (customName ?? '') === ''
      ? super.columnName(propertyName, '', prefixes).toUpperCase()
      : customName!
  }
}

/** All five tables under names of the host's. */
function renamed(driver: Driver) {
  const dialect = dialectOf(driver)
  const isPostgres = dialect === 'postgres'

  @Entity('ledger_events')
  class LedgerEvent extends eventEntity(dialect, { name: 'ledger_events' }) {
    @Column({ type: 'varchar', nullable: true })
    costCentre!: string | null
  }
  @Entity('ledger_snapshots')
  class LedgerSnapshot extends snapshotEntity(dialect, { name: 'ledger_snapshots' }) {}
  @Entity('ledger_messages')
  class LedgerMessage extends (isPostgres ? PostgresOutboxMessage : SqliteOutboxMessage) {
    @Column({ type: 'varchar', nullable: true })
    topic!: string | null
  }
  @Entity('ledger_marks')
  class LedgerMark extends (isPostgres ? PostgresProcessedMessage : SqliteProcessedMessage) {}
  @Entity('ledger_locks')
  class LedgerLock extends (isPostgres ? PostgresAggregateLock : SqliteAggregateLock) {}
  return { LedgerEvent, entities: [LedgerEvent, LedgerSnapshot, LedgerMessage, LedgerMark, LedgerLock] }
}

describe.each(drivers)(
  '2.7 on %s all tables under names of the host, with a prefix and a naming strategy',
  (driver) => {
    test('are generated once, and a store works on them', async () => {
      const { LedgerEvent, entities } = renamed(driver)
      const place = { entityPrefix: 'pre_', namingStrategy: new Shouting() }
      const schema = driver === 'postgres' ? { schema: 'Main Ledger' } : {}
      const database = await freshDatabase(driver, schema.schema)
      const dataSource = await open(driver, { ...database, ...place, ...schema, entities, migrations: [] })
      expect(await runGenerated(dataSource)).toBeGreaterThan(0)
      expect(await generated(dataSource)).toEqual([])
      const store = new EventStore(dataSource, {
        eventEntity: LedgerEvent,
        eventColumns: { costCentre: ({ stream }) => stream.aggregateId },
      })
      const stream = { aggregateType: 'account', aggregateId: 'a' }
      await store.append({ ...stream, expectedVersion: 0, events: [{ name: 'opened' }] })
      const handled = await store.handleOnce({ consumer: 'c', messageId: 'm' }, (work) => {
        work.send({ type: 'noted', messageId: 'n' })
      })
      expect(handled).toBe('handled')
      expect(await store.outbox.counts()).toMatchObject({ pending: 1 })
      await store.withLock([stream], () => Promise.resolve(), { across: 'processes' })
      const rows: unknown = await dataSource.query(
        `select "COSTCENTRE" as centre from ${driver === 'postgres' ? '"Main Ledger".' : ''}"pre_ledger_events"`,
      )
      expect(rows).toEqual([{ centre: 'a' }])
    })
  },
)

test('2.7 on postgres two event tables fit into one schema under names of their own', async () => {
  const { entities } = renamed('postgres')
  const database = await freshDatabase('postgres')
  const one = await open('postgres', { ...database, ...extended('postgres', 'json'), migrations: [] })
  await runGenerated(one)
  const two = await open('postgres', { ...database, entities: entities.slice(0, 2), migrations: [] })
  await runGenerated(two)
  await new EventStore(two).verifySchema()
  await useStore(one)
})

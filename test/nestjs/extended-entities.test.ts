import { getDataSourceToken } from '@nestjs/typeorm'
import { Column, DataSource, Entity } from 'typeorm'
import { SqliteAggregateEvent, SqliteAggregateSnapshot, sqliteEntities } from '../../entities/index.js'
import { installEventGuards } from '../../migrations/index.js'
import { withMetadata } from '../../src/index.js'
import type { EventStore } from '../../src/index.js'
import { getEventStoreToken, SourcedModule } from '../../src/nestjs/index.js'
import { Account } from './account.js'
import { cleanUp, databaseModule, start } from './nest-database.js'

afterEach(cleanUp)

describe('two modules that extend the event entity differently', () => {
  @Entity('billing_events')
  class BillingEvent extends SqliteAggregateEvent {
    @Column({ name: 'invoice', type: 'varchar', nullable: true })
    invoice!: string | null
  }

  @Entity('billing_snapshots')
  class BillingSnapshot extends SqliteAggregateSnapshot {}

  @Entity('shipping_events')
  class ShippingEvent extends SqliteAggregateEvent {
    @Column({ name: 'parcel', type: 'integer', nullable: true })
    parcel!: number | null
  }

  @Entity('shipping_snapshots')
  class ShippingSnapshot extends SqliteAggregateSnapshot {}

  it('18.3 work side by side on one DataSource, each with its own columns', async () => {
    const billing = SourcedModule.forRoot({
      name: 'billing',
      entities: [BillingEvent, BillingSnapshot],
      eventEntity: BillingEvent,
      eventColumns: { invoice: ({ metadata }) => metadata['invoice'] as string },
      snapshotEntity: BillingSnapshot,
      verifySchema: false,
    })
    const shipping = SourcedModule.forRootAsync({
      name: 'shipping',
      entities: [ShippingEvent, ShippingSnapshot],
      useFactory: () => ({
        eventEntity: ShippingEvent,
        eventColumns: { parcel: ({ event }) => (event?.payload as { amount: number } | undefined)?.amount },
        snapshotEntity: ShippingSnapshot,
        verifySchema: false,
      }),
    })
    const options = { entities: [], autoLoadEntities: true, migrations: [], synchronize: true }
    const app = await start({ imports: [await databaseModule('better-sqlite3', options), billing, shipping] })
    const dataSource = app.get(DataSource)
    const runner = dataSource.createQueryRunner()
    await installEventGuards(runner)
    await runner.release()
    const stores = {
      billing: app.get<EventStore<BillingEvent>>(getEventStoreToken('billing')),
      shipping: app.get<EventStore<ShippingEvent>>(getEventStoreToken('shipping')),
    }
    for (const [name, store] of Object.entries(stores)) {
      await store.verifySchema()
      const accounts = store.repository(Account)
      const account = accounts.create('ann')
      withMetadata({ invoice: 'i-1' }, () => account.deposit({ amount: name.length }))
      await accounts.commit(account)
      expect((await accounts.load('ann'))?.balance).toBe(name.length)
    }
    const filled: unknown[] = []
    for await (const { columns } of stores.billing.readAll({ where: { invoice: 'i-1' } }))
      filled.push(columns.invoice)
    for await (const { columns } of stores.shipping.readAll({ where: { parcel: 8 } }))
      filled.push(columns.parcel)
    expect(filled).toEqual(['i-1', 8])
  })

  it('18.3 the compiler knows the columns that an entity adds, and refuses others', () => {
    SourcedModule.forRoot({
      eventEntity: BillingEvent,
      // @ts-expect-error -- the entity has no such column
      eventColumns: { parcel: () => 8 },
    })
    // @ts-expect-error -- the column is a string
    SourcedModule.forRoot({ eventEntity: BillingEvent, eventColumns: { invoice: () => 8 } })
    // @ts-expect-error -- which entity?
    SourcedModule.forRoot({ eventColumns: { invoice: () => 'i-1' } })
  })
})

it('18.1 autoLoadEntities takes the entities that forRoot names, subclasses of the host too', async () => {
  @Entity('aggregate_events')
  class TenantEvent extends SqliteAggregateEvent {
    @Column({ name: 'tenant', type: 'varchar', nullable: true })
    tenant!: string | null
  }
  const [, ...others] = sqliteEntities
  const database = await databaseModule('better-sqlite3', {
    name: 'auto',
    entities: [],
    autoLoadEntities: true,
    migrationsRun: false,
  })
  const sourced = SourcedModule.forRoot({
    dataSource: 'auto',
    entities: [TenantEvent, ...others],
    verifySchema: false,
  })
  const app = await start({ imports: [database, sourced] })
  const dataSource = app.get<DataSource>(getDataSourceToken('auto'))
  const registered = new Set(dataSource.entityMetadatas.map(({ target }) => target))
  expect(registered).toEqual(new Set([TenantEvent, ...others]))
  await dataSource.runMigrations()
  await dataSource.query('alter table aggregate_events add column tenant varchar')
  const store = app.get<EventStore>(getEventStoreToken('auto'))
  await store.verifySchema()
  await store.append({ aggregateType: 'x', aggregateId: 'y', expectedVersion: 0, events: [{ name: 'e' }] })
  expect(await dataSource.getRepository(TenantEvent).find()).toMatchObject([{ eventName: 'e', tenant: null }])
})

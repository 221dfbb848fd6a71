import { Inject, Injectable, Module } from '@nestjs/common'
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm'
import { DataSource } from 'typeorm'
import { EventStore } from '../../src/index.js'
import type { Codec, FunctionalAggregate, AggregateRepository } from '../../src/index.js'
import {
  getAggregateRepositoryToken,
  getEventStoreToken,
  InjectAggregateRepository,
  InjectEventStore,
  SourcedModule,
} from '../../src/nestjs/index.js'
import type { SourcedModuleOptions, SourcedOptionsFactory } from '../../src/nestjs/index.js'
import { Account, counter, Order } from './account.js'
import type { CounterEvent } from './account.js'
import { cleanUp, databaseModule, databaseOptions, failureOf, nestDrivers, start } from './nest-database.js'

afterEach(cleanUp)

@Injectable()
class Bank {
  constructor(
    @Inject(EventStore) readonly store: EventStore,
    @InjectEventStore() readonly same: EventStore,
    @InjectAggregateRepository(Account) readonly accounts: AggregateRepository<Account>,
    @InjectAggregateRepository(counter)
    readonly counters: AggregateRepository<FunctionalAggregate<{ count: number }, CounterEvent>>,
  ) {}
}

@Module({
  imports: [SourcedModule.forFeature([Account, counter])],
  providers: [Bank],
})
class BankModule {}

describe.each(nestDrivers)('SourcedModule on %s', (driver) => {
  it('18.1 forRoot and forFeature provide the store and typed repositories', async () => {
    const app = await start({ imports: [await databaseModule(driver), SourcedModule.forRoot(), BankModule] })
    const { store, same, accounts, counters } = app.get(Bank)
    expect(store).toBeInstanceOf(EventStore)
    expect(same).toBe(store)
    expect(store.dataSource).toBe(app.get(DataSource))
    const account = accounts.create('ann')
    account.deposit({ amount: 5 })
    const visits = counters.create('visits')
    visits.record({ name: 'incremented', payload: { by: 2 } })
    await store.commit([account, visits])
    expect((await accounts.load('ann'))?.balance).toBe(5)
    expect((await counters.load('visits'))?.state.count).toBe(2)
  })
})

describe('the options of SourcedModule', () => {
  const upper: Codec = {
    label: 'upper',
    version: 1,
    format: 'json',
    encode: (payload) => JSON.stringify(payload),
    decode: (text) => JSON.parse(text) as unknown,
  }
  const writeWith = async (store: EventStore): Promise<number> => {
    const events = [{ name: 'happened', payload: 1, codec: 'upper' }]
    const stream = { aggregateType: 'x', aggregateId: 'y', expectedVersion: 0 }
    return (await store.append({ ...stream, events })).events.length
  }

  @Injectable()
  class Settings implements SourcedOptionsFactory {
    readonly askedFor: string[] = []

    createSourcedOptions(name: string): SourcedModuleOptions {
      this.askedFor.push(name)
      return { codecs: [upper] }
    }
  }

  @Module({ providers: [Settings], exports: [Settings] })
  class SettingsModule {}

  it('18.2 forRootAsync takes them from a factory with what it injects', async () => {
    const sourced = SourcedModule.forRootAsync({
      imports: [SettingsModule],
      inject: [Settings],
      useFactory: async (settings: Settings) => settings.createSourcedOptions('from a factory'),
    })
    const app = await start({ imports: [await databaseModule('better-sqlite3'), sourced] })
    expect(await writeWith(app.get(EventStore))).toBe(1)
  })

  it('18.2 forRootAsync takes them from a class of its own', async () => {
    const sourced = SourcedModule.forRootAsync({ useClass: Settings })
    const app = await start({ imports: [await databaseModule('better-sqlite3'), sourced] })
    expect(await writeWith(app.get(EventStore))).toBe(1)
  })

  it('18.2 forRootAsync takes them from an existing provider, and tells it the name of the store', async () => {
    const sourced = SourcedModule.forRootAsync({
      imports: [SettingsModule],
      useExisting: Settings,
      name: 'main',
    })
    const app = await start({ imports: [await databaseModule('better-sqlite3'), sourced] })
    expect(await writeWith(app.get(getEventStoreToken('main') as string))).toBe(1)
    expect(app.get(Settings).askedFor).toEqual(['main'])
  })

  it('18.2 without a source of options, and with an unknown option, it is refused', async () => {
    expect(() => SourcedModule.forRootAsync({})).toThrow(`needs 'useFactory', 'useClass' or 'useExisting'`)
    const misspelt = SourcedModule.forRoot({ codec: [] } as SourcedModuleOptions)
    const error = await failureOf({ imports: [await databaseModule('better-sqlite3'), misspelt] })
    expect(error.message).toContain(`EventStore has no option 'codec'`)
  })
})

describe('several stores', () => {
  @Injectable()
  class Clerk {
    constructor(
      @InjectAggregateRepository(Account) readonly accounts: AggregateRepository<Account>,
      @InjectAggregateRepository(Order, 'ledger') readonly orders: AggregateRepository<Order>,
      @InjectEventStore('ledger') readonly ledger: EventStore,
    ) {}
  }

  it('18.3 stores on DataSources of different databases work in one application, each with its own', async () => {
    const ledger = await databaseOptions('postgres')
    const app = await start({
      imports: [
        await databaseModule('better-sqlite3'),
        TypeOrmModule.forRootAsync({ name: 'ledger', useFactory: () => ({ ...ledger, name: 'ledger' }) }),
        SourcedModule.forRoot(),
        SourcedModule.forRoot({ dataSource: 'ledger' }),
        SourcedModule.forFeature([Account]),
        SourcedModule.forFeature([Order], 'ledger'),
      ],
      providers: [Clerk],
    })
    const { accounts, orders, ledger: store } = app.get(Clerk)
    expect(store.dataSource.options.type).toBe('postgres')
    expect(store.dataSource).toBe(app.get(getDataSourceToken('ledger') as string))
    const account = accounts.create('ann')
    account.deposit({ amount: 1 })
    const order = orders.create('ann')
    order.addLine()
    await Promise.all([accounts.commit(account), orders.commit(order)])
    const other = app.get(EventStore).repository(Order)
    expect(await other.load('ann')).toBeUndefined()
    expect((await orders.load('ann'))?.lines).toBe(1)
    expect(app.get(getAggregateRepositoryToken(Order, 'ledger') as symbol)).toBe(orders)
  })
})

describe('an application that is set up wrongly does not start', () => {
  const driver = 'better-sqlite3'

  it('18.8 because the migrations did not run', async () => {
    const imports = [await databaseModule(driver, { migrationsRun: false }), SourcedModule.forRoot()]
    const { message } = await failureOf({ imports })
    expect(message).toContain('table aggregate_events does not exist')
    expect(message).toContain('migrationsRun: true')
  })

  it('18.8 because the DataSource registers no entities of the store', async () => {
    const options = { entities: [], migrationsRun: false }
    const imports = [await databaseModule(driver, options), SourcedModule.forRoot()]
    const { message } = await failureOf({ imports })
    expect(message).toContain('registers no event entity')
    expect(message).toContain('SourcedModule.forRoot({ entities })')
  })

  it('18.8 because there is no DataSource of this name', async () => {
    const imports = [await databaseModule(driver), SourcedModule.forRoot({ dataSource: 'ledgr' })]
    const { message } = await failureOf({ imports })
    expect(message).toContain(`there is no DataSource 'ledgr'. The application has 'default'.`)
  })

  it('18.8 because a feature names a store that does not exist', async () => {
    const imports = [
      await databaseModule(driver),
      SourcedModule.forRoot(),
      SourcedModule.forFeature([Account], 'ledger'),
    ]
    const { message } = await failureOf({ imports })
    expect(message).toContain(`there is no event store 'ledger'. The application has 'default'.`)
    expect(message).toContain(`SourcedModule.forRoot({ dataSource: 'ledger' })`)
  })

  it('18.8 because two features disagree about an aggregate', async () => {
    class Impostor extends Account {}
    const imports = [
      await databaseModule(driver),
      SourcedModule.forRoot(),
      SourcedModule.forFeature([Account, Impostor]),
    ]
    expect((await failureOf({ imports })).message).toContain(`Impostor has no @Aggregate('type')`)
  })

  it('18.8 because forRoot is imported twice for one store', async () => {
    const imports = [await databaseModule(driver), SourcedModule.forRoot(), SourcedModule.forRoot()]
    expect((await failureOf({ imports })).message).toContain('imported 2 times for the event store')
  })

  it('18.8 because files that import each other left an aggregate undefined', () => {
    expect(() => SourcedModule.forFeature([undefined as never])).toThrow('was given no aggregate')
    expect(() => InjectAggregateRepository(undefined as never)).toThrow('was given no aggregate')
  })

  it('18.8 unless it wants to do without the check', async () => {
    const imports = [
      await databaseModule(driver, { migrationsRun: false }),
      SourcedModule.forRoot({ verifySchema: false }),
    ]
    const app = await start({ imports })
    await app.get(DataSource).runMigrations()
    await app.get(EventStore).verifySchema()
  })
})

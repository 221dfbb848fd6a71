import { Inject, Injectable, Module, Scope } from '@nestjs/common'
import type { OnModuleInit } from '@nestjs/common'
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm'
import type { DataSource } from 'typeorm'
import { defineProjection, EventStore, On, Projection } from '../../src/index.js'
import type { ReadModelRows, RecordedEvent } from '../../src/index.js'
import { ForEventStore, getEventStoreToken, SourcedModule } from '../../src/nestjs/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { Account } from './account.js'
import { Balance, CreateBalances1764000000000 } from './balance.js'
import {
  cleanUp,
  databaseModule,
  databaseOptions,
  entitiesOf,
  failureOf,
  nestDrivers,
  start,
} from './nest-database.js'

afterEach(cleanUp)

type Deposited = RecordedEvent<'money-deposited', { amount: number }>

@Injectable()
class Owners {
  ownerOf(id: string): string {
    return `owner of ${id}`
  }
}

@Projection('balances')
class Balances {
  constructor(
    @Inject(Owners) private readonly owners: Owners,
    /** The store that runs it: a projection may inject it, and it exists before. */
    @Inject(EventStore) readonly store: EventStore,
  ) {}

  @On('money-deposited')
  deposited({ aggregateId, sequence, payload }: Deposited, rows: ReadModelRows): void {
    const owner = this.owners.ownerOf(aggregateId)
    rows.upsert(Balance, { id: aggregateId, owner, amount: payload.amount * sequence })
  }
}

@Module({ providers: [Balances, Owners], exports: [Balances] })
class ReadModelModule {}

const balancesOf = (dataSource: DataSource): Promise<Balance[]> =>
  dataSource.getRepository(Balance).find({ order: { id: 'ASC' } })

async function deposit(store: EventStore, id: string, amount: number): Promise<void> {
  await store.unitOfWork((work) => work.create(Account, id).deposit({ amount }))
}

const withBalances = (driver: (typeof nestDrivers)[number]): Record<string, unknown> => ({
  entities: [...entitiesOf(driver), Balance],
  migrations: [...sourcedMigrations, CreateBalances1764000000000],
})

describe.each(nestDrivers)('projections that are providers on %s', (driver) => {
  it('18.4 are found, and write their rows inside the commits', async () => {
    const app = await start({
      imports: [await databaseModule(driver, withBalances(driver)), SourcedModule.forRoot(), ReadModelModule],
    })
    const store = app.get(EventStore)
    await deposit(store, 'ann', 5)
    expect(await balancesOf(store.dataSource)).toMatchObject([
      { id: 'ann', owner: 'owner of ann', amount: 5 },
    ])
    expect(app.get(Balances).store).toBe(store)
  })
})

describe('projections that are providers', () => {
  const driver = 'better-sqlite3'

  it('18.4 see also what is committed while the application starts', async () => {
    @Injectable()
    class Seed implements OnModuleInit {
      constructor(@Inject(EventStore) private readonly store: EventStore) {}

      onModuleInit(): Promise<void> {
        return deposit(this.store, 'seed', 1)
      }
    }
    const app = await start({
      imports: [await databaseModule(driver, withBalances(driver)), SourcedModule.forRoot(), ReadModelModule],
      providers: [Seed],
    })
    expect(await balancesOf(app.get(EventStore).dataSource)).toMatchObject([{ id: 'seed', amount: 1 }])
  })

  it('18.4 belong to the store that they name; those made of functions are an option', async () => {
    const seen: string[] = []

    @ForEventStore('ledger')
    @Projection('names')
    class Names {
      @On('money-deposited')
      deposited({ aggregateId }: Deposited): void {
        seen.push(`names ${aggregateId}`)
      }
    }
    const functions = defineProjection({
      name: 'functions',
      on: { 'money-deposited': (event: Deposited) => void seen.push(`functions ${event.aggregateId}`) },
    })
    const ledger = await databaseOptions(driver)
    const app = await start({
      imports: [
        await databaseModule(driver),
        TypeOrmModule.forRootAsync({ name: 'ledger', useFactory: () => ({ ...ledger, name: 'ledger' }) }),
        SourcedModule.forRoot({ projections: [functions] }),
        SourcedModule.forRoot({ dataSource: 'ledger' }),
      ],
      providers: [Names],
    })
    await deposit(app.get(EventStore), 'ann', 1)
    const store = app.get<EventStore>(getEventStoreToken('ledger'))
    expect(store.dataSource).toBe(app.get(getDataSourceToken('ledger') as string))
    await deposit(store, 'bob', 1)
    expect(seen).toEqual(['functions ann', 'names bob'])
  })

  it('18.4 may come from factories, be values, and have several tokens', async () => {
    const seen: string[] = []

    @Projection('made')
    class Made {
      @On('money-deposited')
      deposited(): void {
        seen.push('made')
      }
    }

    @Projection('valued')
    class Valued {
      @On('money-deposited')
      deposited(): void {
        seen.push('valued')
      }
    }
    const providers = [
      { provide: 'made', useFactory: () => new Made() },
      { provide: 'alias', useExisting: 'made' },
      { provide: 'valued', useValue: new Valued() },
    ]
    const app = await start({ imports: [await databaseModule(driver), SourcedModule.forRoot()], providers })
    await deposit(app.get(EventStore), 'ann', 1)
    expect(seen.sort()).toEqual(['made', 'valued'])
  })

  it('18.4 cannot belong to a request, and two cannot have one name', async () => {
    @Injectable({ scope: Scope.REQUEST })
    @Projection('of-requests')
    class OfRequests {
      @On('x')
      on(): void {}
    }

    @Projection('balances')
    class Again {
      @On('x')
      on(): void {}
    }
    const imports = async (): Promise<object[]> => [await databaseModule(driver), SourcedModule.forRoot()]
    const ofRequests = await failureOf({ imports: (await imports()) as never, providers: [OfRequests] })
    expect(ofRequests.message).toContain(`OfRequests (@Projection) lives as long as a request`)
    const twice = await failureOf({
      imports: (await imports()) as never,
      providers: [Again, Balances, Owners],
    })
    expect(twice.message).toContain(`Two projections are called 'balances'`)
  })

  it('18.4 make a commit fail that comes before they exist', async () => {
    @Injectable()
    class Early {}
    const early = {
      provide: Early,
      inject: [EventStore],
      useFactory: (store: EventStore) => deposit(store, 'early', 1),
    }

    @Projection('late')
    class Late {
      constructor(@Inject(Early) readonly early: Early) {}

      @On('money-deposited')
      on(): void {}
    }
    const imports = [await databaseModule(driver), SourcedModule.forRoot()]
    const { message } = await failureOf({ imports, providers: [early, Late] })
    expect(message).toContain('The store was used before Nest had made Late (@Projection)')
  })
})

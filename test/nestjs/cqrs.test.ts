import { Inject } from '@nestjs/common'
import { AggregateRoot, CqrsModule, EventBus, EventPublisher, EventsHandler } from '@nestjs/cqrs'
import type { IEventHandler } from '@nestjs/cqrs'
import type { AggregateRepository } from '../../src/index.js'
import { Aggregate, DomainEvent, EventStore, withMetadata } from '../../src/index.js'
import { InjectAggregateRepository, recordedEventOf, SourcedModule } from '../../src/nestjs/index.js'
import { Account as Sourced } from './account.js'
import { cleanUp, databaseModule, failureOf, nestDrivers, start, until } from './nest-database.js'

afterEach(cleanUp)

@DomainEvent('account-opened')
class AccountOpened {
  constructor(readonly owner: string) {}
}

@DomainEvent('money-deposited')
class MoneyDeposited {
  constructor(readonly amount: number) {}
}

/** An aggregate as @nestjs/cqrs has them: nothing of this module but the names to store. */
@Aggregate('nest-account', { events: [AccountOpened, MoneyDeposited], snapshots: { every: 3 } })
class Account extends AggregateRoot {
  owner = ''
  balance = 0

  open(owner: string): void {
    this.apply(new AccountOpened(owner))
  }

  deposit(amount: number): void {
    this.apply(new MoneyDeposited(amount))
  }

  onAccountOpened({ owner }: AccountOpened): void {
    this.owner = owner
  }

  onMoneyDeposited({ amount }: MoneyDeposited): void {
    this.balance += amount
  }
}

/** As Nest's own documentation writes them: with the id in the constructor. */
@Aggregate('hero', { events: [MoneyDeposited], snapshots: { every: 1 } })
class Hero extends AggregateRoot {
  gold = 0

  constructor(readonly id: string) {
    super()
  }

  earn(amount: number): void {
    this.apply(new MoneyDeposited(amount))
  }

  onMoneyDeposited({ amount }: MoneyDeposited): void {
    this.gold += amount
  }
}

const heard: { readonly what: string; readonly aggregateId: string | undefined }[] = []

@EventsHandler(AccountOpened, MoneyDeposited)
class Listener implements IEventHandler<AccountOpened | MoneyDeposited> {
  handle(event: AccountOpened | MoneyDeposited): void {
    const what = event instanceof AccountOpened ? `opened for ${event.owner}` : `deposited ${event.amount}`
    heard.push({ what, aggregateId: recordedEventOf(event)?.aggregateId })
  }
}

class Bank {
  constructor(
    @Inject(EventStore) readonly store: EventStore,
    @InjectAggregateRepository(Account) readonly accounts: AggregateRepository<Account>,
    @Inject(EventPublisher) readonly publisher: EventPublisher,
  ) {}
}

async function startBank(driver: (typeof nestDrivers)[number]): Promise<Bank> {
  heard.length = 0
  const app = await start({
    imports: [
      await databaseModule(driver),
      CqrsModule.forRoot(),
      SourcedModule.forRoot({ eventBus: EventBus }),
      SourcedModule.forFeature([Account, Hero]),
    ],
    providers: [{ provide: Bank, useClass: Bank }, Listener],
  })
  return app.get(Bank)
}

describe.each(nestDrivers)('@nestjs/cqrs on %s', (driver) => {
  it('18.7 aggregates of Nest are stored, loaded and snapshotted as they are', async () => {
    const { accounts, publisher } = await startBank(driver)
    const account = publisher.mergeObjectContext(accounts.create('ann'))
    account.open('Ann')
    account.deposit(5)
    await withMetadata({ user: 'ann' }, () => accounts.commit(account))
    expect(account.getUncommittedEvents()).toEqual([])
    const loaded = await accounts.load('ann')
    expect(loaded).toBeInstanceOf(Account)
    expect(loaded).toMatchObject({ owner: 'Ann', balance: 5 })
    expect(loaded!.getUncommittedEvents()).toEqual([])
    loaded!.deposit(2)
    await accounts.commit(publisher.mergeObjectContext(loaded!))
    expect(await accounts.load('ann')).toMatchObject({ owner: 'Ann', balance: 7 })
    expect(await accounts.load('ann', { version: 2 })).toMatchObject({ balance: 5 })
  })

  it('18.7 a constructor that asks for the id gets it, with and without a snapshot', async () => {
    const { store } = await startBank(driver)
    await store.unitOfWork((work) => work.create(Hero, 'conan').earn(3))
    const conan = await store.repository(Hero).load('conan')
    expect(conan).toMatchObject({ id: 'conan', gold: 3 })
    expect(await store.repository(Hero).load('conan', { version: 1 })).toMatchObject({ id: 'conan', gold: 3 })
    await store.unitOfWork(async (work) => (await work.load(Hero, 'conan'))!.earn(4))
    await store.dataSource.query('delete from aggregate_snapshots')
    expect(await store.repository(Hero).load('conan')).toMatchObject({ id: 'conan', gold: 7 })
  })

  it('18.7 committed events are published once, in order, and say where they came from', async () => {
    const { accounts, publisher } = await startBank(driver)
    const account = publisher.mergeObjectContext(accounts.create('ann'))
    account.open('Ann')
    account.deposit(5)
    account.deposit(6)
    const committed = accounts.commit(account)
    account.deposit(7) // while the commit is under way
    await committed
    expect(account.getUncommittedEvents()).toEqual([new MoneyDeposited(7)])
    await accounts.commit(account)
    account.commit() // Nest's own way to publish has nothing left to publish
    await until(() => heard.length >= 4, 'everything was heard')
    expect(heard.map(({ what }) => what)).toEqual([
      'opened for Ann',
      'deposited 5',
      'deposited 6',
      'deposited 7',
    ])
    expect(new Set(heard.map(({ aggregateId }) => aggregateId))).toEqual(new Set(['ann']))
  })

  it("18.7 inside the host's transaction they are published after it, and never after a rollback", async () => {
    const { store, accounts } = await startBank(driver)
    const rolledBack = accounts.create('bob')
    rolledBack.open('Bob')
    const rollback = store.dataSource.transaction(async (manager) => {
      await accounts.within(manager).commit(rolledBack)
      expect(rolledBack.getUncommittedEvents()).toEqual([])
      rolledBack.deposit(1)
      throw new Error('changed my mind')
    })
    await expect(rollback).rejects.toThrow('changed my mind')
    expect(rolledBack.getUncommittedEvents()).toEqual([new AccountOpened('Bob'), new MoneyDeposited(1)])
    expect(rolledBack).toMatchObject({ owner: 'Bob', balance: 1 })
    expect(await accounts.load('bob')).toBeUndefined()

    const account = accounts.create('ann')
    account.open('Ann')
    await store.dataSource.transaction(async (manager) => {
      await accounts.within(manager).commit(account)
      expect(heard).toEqual([])
    })
    await until(() => heard.length > 0, 'the event was heard')
    expect(heard).toEqual([{ what: 'opened for Ann', aggregateId: 'ann' }])
  })

  it('18.7 a failed commit publishes nothing, and leaves the aggregate its events', async () => {
    const { accounts } = await startBank(driver)
    const [one, other] = [accounts.create('ann'), accounts.create('ann')]
    one.open('Ann')
    other.open('Anna')
    await accounts.commit(one)
    await expect(accounts.commit(other)).rejects.toMatchObject({ code: 'CONCURRENT_WRITE' })
    expect(other.getUncommittedEvents()).toEqual([new AccountOpened('Anna')])
    await until(() => heard.length > 0, 'the event was heard')
    expect(heard.map(({ what }) => what)).toEqual(['opened for Ann'])
  })
})

describe('@nestjs/cqrs', () => {
  const driver = 'better-sqlite3'

  it('18.7 events of sourced methods are published too, if a class is named for them', async () => {
    const seen: unknown[] = []
    const app = await start({
      imports: [
        await databaseModule(driver),
        CqrsModule.forRoot(),
        SourcedModule.forRoot({ eventBus: EventBus, eventClasses: [MoneyDeposited] }),
      ],
    })
    app.get(EventBus).subscribe((event) => seen.push(event))
    await app.get(EventStore).unitOfWork((work) => {
      const account = work.create(Sourced, 'ann')
      account.deposit({ amount: 3 })
    })
    expect(seen).toEqual([new MoneyDeposited(3)])
    expect(seen[0]).toBeInstanceOf(MoneyDeposited)
  })

  it('18.7 names are never taken from classes, and nothing is lost to autoCommit', async () => {
    class Unnamed {}

    @Aggregate('careless', { events: [] })
    class Careless extends AggregateRoot {
      act(): void {
        this.apply(new Unnamed())
      }
    }

    @Aggregate('eager', { events: [MoneyDeposited] })
    class Eager extends AggregateRoot {
      constructor() {
        super()
        this.autoCommit = true
      }
    }
    const { store } = await startBank(driver)
    const careless = store.repository(Careless).create('x')
    careless.act()
    await expect(store.commit(careless)).rejects.toThrow('Unnamed is not an event that can be stored')
    expect(() => store.repository(Eager).create('x')).toThrow('Eager has autoCommit set')
    const late = store.repository(Careless).create('y')
    late.autoCommit = true
    await expect(store.commit(late)).rejects.toThrow('Careless has autoCommit set')
  })

  it('18.7 without the bus that it names, the application does not start', async () => {
    const imports = [await databaseModule(driver), SourcedModule.forRoot({ eventBus: EventBus })]
    expect((await failureOf({ imports })).message).toContain(`import 'CqrsModule.forRoot()'`)
  })
})

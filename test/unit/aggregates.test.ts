import { setTimeout as sleep } from 'node:timers/promises'
import { EventMismatch } from '../../src/aggregate/aggregate-definition.js'
import { classDefinition } from '../../src/aggregate/class-definition.js'
import { journalOf } from '../../src/aggregate/journal.js'
import { InvalidArgumentError } from '../../src/errors/index.js'
import { Aggregate, AggregateRoot, Applies, DomainEvent, Records, withMetadata } from '../../src/index.js'
import { replayed } from './replayed.js'

@DomainEvent('account-opened')
class AccountOpened {
  constructor(
    readonly owner: string,
    readonly tags: readonly string[] = [],
  ) {}
}

@DomainEvent('money-deposited', { version: 2 })
class MoneyDeposited {
  constructor(readonly amount: number) {}

  get cents(): number {
    return this.amount * 100
  }
}

@DomainEvent('statement-sent')
class StatementSent {
  constructor(readonly month: string) {}
}

@DomainEvent('never-declared')
class NeverDeclared {
  readonly reason = 'none'
}

/** An aggregate of event classes. */
@Aggregate('account', { events: [StatementSent] })
class Account extends AggregateRoot {
  owner = ''
  cents = 0
  seen: string[] = []

  open(owner: string, tags: readonly string[] = []): void {
    if (this.owner !== '') throw new Error('opened already')
    this.record(new AccountOpened(owner, tags))
  }

  deposit(amount: number): void {
    this.record(new MoneyDeposited(amount))
  }

  sendStatement(month: string): void {
    this.record(new StatementSent(month))
  }

  recordAnything(event: object): void {
    this.record(event)
  }

  @Applies(AccountOpened)
  protected onOpened(event: AccountOpened): void {
    this.owner = event.owner
    this.seen.push(event.constructor.name)
  }

  @Applies(MoneyDeposited)
  protected onDeposited(event: MoneyDeposited): void {
    this.cents += event.cents
    this.seen.push(event.constructor.name)
  }
}

/** An aggregate of sourced methods. */
@Aggregate('cart')
class Cart extends AggregateRoot {
  lines: { article: string; count: number }[] = []
  log: string[] = []
  closed = false

  @Records('line-added', { when: (_: Cart, line: { article: string; count: number }) => line.count > 0 })
  add(line: { article: string; count: number }): string {
    if (this.closed) throw new Error('closed')
    this.lines.push({ article: line.article, count: line.count })
    return `line ${this.lines.length}`
  }

  /** Calls another sourced method, whose guard may refuse. */
  @Records('set-added')
  addSet(set: { article: string; count: number; extra: number }): void {
    this.add({ article: set.article, count: set.count })
    this.add({ article: `${set.article}-extra`, count: set.extra })
    this.note('set')
  }

  /** Swallows what another sourced method throws. */
  @Records('tried')
  attempt(): void {
    try {
      this.note('')
    } catch {
      this.log.push('refused')
    }
  }

  @Records('noted')
  note(text: string): void {
    if (text === '') throw new Error('nothing to note')
    this.log.push(text)
  }

  @Records('closed')
  close(): void {
    this.closed = true
  }

  @Records('failed-halfway')
  failHalfway(): void {
    this.log.push('half')
    throw new Error('halfway')
  }

  @Records('renamed', { version: 3, codec: 'zipped' })
  rename(name: string): void {
    this.log.push(name)
  }

  // The types refuse an async method; a cast, or plain JavaScript, gets around them.
  @Records('slept')
  sleep(): void {
    return sleep(0) as unknown as undefined
  }

  @Records('misused')
  misuse(): void {
    this.record(new StatementSent('may'))
  }
}

const names = (aggregate: AggregateRoot): string[] => aggregate.pendingEvents.map(({ name }) => name)

function expectSameReplayed<A extends AggregateRoot>(live: A, Class: new () => A): void {
  const again = replayed(classDefinition(Class), live.pendingEvents)
  expect(again).toEqual(live)
  expect(again.pendingEvents).toEqual([])
}

describe('7 an aggregate of event classes', () => {
  it('7.1 applies and records', () => {
    const account = new Account()
    account.open('Ada', ['vip'])
    account.deposit(5)
    expect(account).toMatchObject({ owner: 'Ada', cents: 500 })
    expect(account.pendingEvents).toEqual([
      { name: 'account-opened', version: 1, payload: { owner: 'Ada', tags: ['vip'] } },
      { name: 'money-deposited', version: 2, payload: { amount: 5 } },
    ])
    expect(account).toMatchObject({ version: 2, committedVersion: 0 })
  })

  it('7.1 records nothing when it decides to throw', () => {
    const account = new Account()
    account.open('Ada')
    expect(() => account.open('Bob')).toThrow('opened already')
    expect(names(account)).toEqual(['account-opened'])
  })

  it('7.1 replays instances of the event classes, methods and getters included, and records nothing', () => {
    const account = new Account()
    account.open('Ada')
    account.deposit(5)
    account.sendStatement('may')
    expectSameReplayed(account, Account)
    expect(account.seen).toEqual(['AccountOpened', 'MoneyDeposited'])
  })

  it('7.1 records an event that it declares without a method to apply it', () => {
    const account = new Account()
    account.sendStatement('may')
    expect(account.pendingEvents).toEqual([{ name: 'statement-sent', version: 1, payload: { month: 'may' } }])
  })

  it('7.1 records nothing if the applying method throws', () => {
    @DomainEvent('exploded')
    class Exploded {}
    @Aggregate('bomb')
    class Bomb extends AggregateRoot {
      explode(): void {
        this.record(new Exploded())
      }
      @Applies(Exploded)
      protected onExploded(event: Exploded): void {
        throw new Error(`bang: ${event.constructor.name}`)
      }
    }
    const bomb = new Bomb()
    expect(() => bomb.explode()).toThrow('bang: Exploded')
    expect(bomb.pendingEvents).toEqual([])
    expect(journalOf(bomb).applying).toBe(false)
  })

  it('7.1 refuses to record while an event is applied, and stays usable', () => {
    @DomainEvent('first')
    class First {}
    @DomainEvent('second')
    class Second {}
    @Aggregate('chained', { events: [Second] })
    class Chained extends AggregateRoot {
      last: unknown
      begin(): void {
        this.record(new First())
      }
      goOn(): void {
        this.record(new Second())
      }
      @Applies(First)
      protected onFirst(event: First): void {
        this.last = event
        this.record(new Second())
      }
    }
    const chained = new Chained()
    expect(() => chained.begin()).toThrow(InvalidArgumentError)
    expect(() => chained.begin()).toThrow(/'second' was recorded while another event is applied/)
    expect(chained.pendingEvents).toEqual([])
    chained.goOn()
    expect(names(chained)).toEqual(['second'])
  })

  it('7.1 refuses objects whose class is no event', () => {
    class NoEvent {}
    const account = new Account()
    for (const event of [new NoEvent(), {}, [], new (class Sub extends AccountOpened {})('x')]) {
      expect(() => account.recordAnything(event)).toThrow(InvalidArgumentError)
      expect(() => account.recordAnything(event)).toThrow(/is not an event: it has no @DomainEvent/)
    }
    expect(account.pendingEvents).toEqual([])
  })

  it('7.1 refuses events that it does not declare, and records nothing', () => {
    const account = new Account()
    expect(() => account.recordAnything(new NeverDeclared())).toThrow(
      /Account does not declare the event NeverDeclared/,
    )
    expect(account.pendingEvents).toEqual([])
  })
})

describe('7 an aggregate of sourced methods', () => {
  it('7.1 runs, gives the result, and records the argument', () => {
    const cart = new Cart()
    expect(cart.add({ article: 'pen', count: 2 })).toBe('line 1')
    cart.close()
    expect(cart.pendingEvents).toEqual([
      { name: 'line-added', version: 1, payload: { article: 'pen', count: 2 } },
      { name: 'closed', version: 1, payload: undefined },
    ])
    expectSameReplayed(cart, Cart)
  })

  it('7.1 a method that throws records nothing', () => {
    const cart = new Cart()
    cart.close()
    expect(() => cart.add({ article: 'pen', count: 2 })).toThrow('closed')
    expect(() => cart.failHalfway()).toThrow('halfway')
    expect(names(cart)).toEqual(['closed'])
    cart.note('goes on')
    expect(names(cart)).toEqual(['closed', 'noted'])
  })

  it('7.1 a guard that refuses runs nothing and records nothing', () => {
    const cart = new Cart()
    expect(cart.add({ article: 'pen', count: 0 })).toBeUndefined()
    expect(cart.lines).toEqual([])
    expect(cart.pendingEvents).toEqual([])
  })

  it('7.1 a guard that throws runs nothing and records nothing', () => {
    @Aggregate('guarded')
    class Guarded extends AggregateRoot {
      ran = false
      @Records('ran', {
        when: () => {
          throw new Error('guard')
        },
      })
      run(): void {
        this.ran = true
      }
    }
    const guarded = new Guarded()
    expect(() => guarded.run()).toThrow('guard')
    expect(guarded.ran).toBe(false)
    expect(guarded.pendingEvents).toEqual([])
  })

  it('7.1 a guard sees the state before the method and the argument', () => {
    const asked: unknown[] = []
    @Aggregate('counted')
    class Counted extends AggregateRoot {
      count = 0
      @Records('counted', {
        when: (self: Counted, by: number) => {
          asked.push([self.count, by])
          return self.count < 2
        },
      })
      countBy(by: number): void {
        this.count += by
      }
    }
    const counted = new Counted()
    for (const by of [1, 1, 1]) counted.countBy(by)
    expect(counted.count).toBe(2)
    expect(asked).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ])
  })

  it('7.1 a guard is not asked on replay: what happened has happened', () => {
    let strict = false
    @Aggregate('lenient')
    class Lenient extends AggregateRoot {
      done = 0
      @Records('done', { when: () => !strict })
      act(): void {
        this.done++
      }
    }
    const lenient = new Lenient()
    lenient.act()
    strict = true
    expect(replayed(classDefinition(Lenient), lenient.pendingEvents).done).toBe(1)
    lenient.act()
    expect(lenient.done).toBe(1)
  })

  it('7.2 one that calls others records one event, and replays to the same state', () => {
    const cart = new Cart()
    cart.addSet({ article: 'pen', count: 2, extra: 1 })
    cart.addSet({ article: 'ink', count: 1, extra: 0 })
    expect(names(cart)).toEqual(['set-added', 'set-added'])
    expect(cart.lines).toHaveLength(3)
    expectSameReplayed(cart, Cart)
  })

  it('7.2 one whose inner call throws records nothing, and the next call records again', () => {
    const cart = new Cart()
    cart.close()
    expect(() => cart.addSet({ article: 'pen', count: 1, extra: 1 })).toThrow('closed')
    expect(names(cart)).toEqual(['closed'])
    expect(journalOf(cart).applying).toBe(false)
    cart.note('x')
    expect(names(cart)).toEqual(['closed', 'noted'])
  })

  it('7.2 one that swallows what an inner call throws replays to the same state', () => {
    const cart = new Cart()
    cart.attempt()
    cart.note('after')
    expect(names(cart)).toEqual(['tried', 'noted'])
    expectSameReplayed(cart, Cart)
  })

  it('7.2 one that calls a sourced method of another instance lets that record its own', () => {
    const other = new Cart()
    @Aggregate('caller')
    class Caller extends AggregateRoot {
      @Records('called')
      call(): void {
        other.close()
      }
    }
    const caller = new Caller()
    caller.call()
    expect(names(caller)).toEqual(['called'])
    expect(names(other)).toEqual(['closed'])
  })

  it('7.1 an async one is refused, and records nothing', () => {
    const cart = new Cart()
    expect(() => cart.sleep()).toThrow(InvalidArgumentError)
    expect(() => cart.sleep()).toThrow(/'sleep' is async/)
    expect(cart.pendingEvents).toEqual([])
  })

  it('7.1 one that records an event class is refused, and records nothing', () => {
    const cart = new Cart()
    expect(() => cart.misuse()).toThrow(InvalidArgumentError)
    expect(cart.pendingEvents).toEqual([])
  })

  it('6.2 the codec of an event is its own, else that of its aggregate', () => {
    @Aggregate('coded', { codec: 'sealed' })
    class Coded extends AggregateRoot {
      @Records('plain')
      plain(): void {}
      @Records('zipped', { codec: 'zipped' })
      zipped(): void {}
    }
    const definition = classDefinition(Coded)
    expect(definition.complete({ name: 'plain' }).codec).toBe('sealed')
    expect(definition.complete({ name: 'zipped' }).codec).toBe('zipped')
    expect(classDefinition(Cart).complete({ name: 'renamed' }).codec).toBe('zipped')
    expect(classDefinition(Cart).complete({ name: 'closed' }).codec).toBeUndefined()
  })
})

describe('7.3 what was recorded', () => {
  it('7.3 does not change with the object that was handed to a sourced method', () => {
    @Aggregate('list')
    class List extends AggregateRoot {
      items: { n: number }[] = []
      @Records('added')
      add(e: { items: { n: number }[] }): void {
        this.items.push(...e.items)
      }
    }
    const list = new List()
    const handedIn = { items: [{ n: 1 }] }
    list.add(handedIn)
    handedIn.items[0]!.n = 2
    handedIn.items.push({ n: 3 })
    expect(list.pendingEvents[0]!.payload).toEqual({ items: [{ n: 1 }] })
  })

  it('7.3 does not change with the state that took over parts of the argument', () => {
    @Aggregate('shelf')
    class Shelf extends AggregateRoot {
      books: { title: string }[] = []
      @Records('filled')
      fill(books: { title: string }[]): void {
        this.books = books
      }
      @Records('retitled')
      retitle(title: string): void {
        for (const book of this.books) book.title = title
      }
    }
    const shelf = new Shelf()
    shelf.fill([{ title: 'Emma' }])
    shelf.retitle('Persuasion')
    expect(shelf.pendingEvents[0]!.payload).toEqual([{ title: 'Emma' }])
    expectSameReplayed(shelf, Shelf)
  })

  it('7.3 does not change with the event object', () => {
    const account = new Account()
    const tags = ['vip']
    account.open('Ada', tags)
    tags.push('broke')
    expect(account.pendingEvents[0]!.payload).toEqual({ owner: 'Ada', tags: ['vip'] })
  })

  it('7.3 does not change with the metadata that was handed in', () => {
    const cart = new Cart()
    const trace = { ids: [1] }
    cart.carry({ trace })
    const scope = { user: { name: 'Ada' } }
    withMetadata(scope, () => cart.close())
    trace.ids.push(2)
    scope.user.name = 'Bob'
    expect(cart.pendingEvents[0]!.metadata).toEqual({ trace: { ids: [1] }, user: { name: 'Ada' } })
  })

  it('7.3 is listed anew each time: the list that was handed out does not grow', () => {
    const cart = new Cart()
    cart.close()
    const listed = cart.pendingEvents
    ;(listed as unknown[]).pop()
    cart.note('x')
    expect(listed).toEqual([])
    expect(names(cart)).toEqual(['closed', 'noted'])
  })
})

describe('7.4 metadata', () => {
  const metadataOf = (cart: Cart): unknown[] => cart.pendingEvents.map(({ metadata }) => metadata)

  it('7.4 is absent if there is none', () => {
    const cart = new Cart()
    cart.close()
    withMetadata({}, () => cart.note('x'))
    expect(cart.pendingEvents.every((event) => !('metadata' in event))).toBe(true)
  })

  it('7.4 of the aggregate is on what is recorded from then on, and adds up', () => {
    const cart = new Cart()
    cart.note('before')
    expect(cart.carry({ correlationId: 'c', step: 1 })).toBe(cart)
    cart.note('one')
    cart.carry({ step: 2 })
    cart.note('two')
    expect(metadataOf(cart)).toEqual([
      undefined,
      { correlationId: 'c', step: 1 },
      { correlationId: 'c', step: 2 },
    ])
  })

  it('7.4 of one instance is not on the events of another', () => {
    const one = new Cart().carry({ from: 'one' })
    const other = new Cart()
    one.close()
    other.close()
    expect(metadataOf(other)).toEqual([undefined])
  })

  it('7.4 of the scope is on every event recorded there, across awaits and timers', async () => {
    const cart = new Cart()
    const result = await withMetadata({ request: 'r-1' }, async () => {
      cart.note('at once')
      await sleep(1)
      cart.note('later')
      await Promise.all([sleep(1).then(() => cart.note('in a callback'))])
      return 'result'
    })
    cart.note('outside')
    expect(result).toBe('result')
    expect(metadataOf(cart)).toEqual([{ request: 'r-1' }, { request: 'r-1' }, { request: 'r-1' }, undefined])
  })

  it('7.4 of scopes that run at the same time does not mix', async () => {
    const carts = await Promise.all(
      [1, 2, 3].map((request) =>
        withMetadata({ request }, async () => {
          const cart = new Cart()
          await sleep(3 - request)
          cart.close()
          return cart
        }),
      ),
    )
    expect(carts.map((cart) => metadataOf(cart))).toEqual([
      [{ request: 1 }],
      [{ request: 2 }],
      [{ request: 3 }],
    ])
  })

  it('7.4 of an inner scope adds to the outer and wins over it; then the outer holds again', async () => {
    const cart = new Cart()
    await withMetadata({ a: 1, b: 1 }, async () => {
      await withMetadata({ b: 2, c: 2 }, async () => {
        await sleep(0)
        cart.note('inner')
      })
      cart.note('outer')
    })
    expect(metadataOf(cart)).toEqual([
      { a: 1, b: 2, c: 2 },
      { a: 1, b: 1 },
    ])
  })

  it('7.4 of the aggregate wins over that of the scope', () => {
    const cart = new Cart().carry({ who: 'aggregate' })
    withMetadata({ who: 'scope', where: 'scope' }, () => cart.close())
    expect(metadataOf(cart)).toEqual([{ who: 'aggregate', where: 'scope' }])
  })

  it('7.4 of a scope ends with an error, which passes', () => {
    const cart = new Cart()
    expect(() =>
      withMetadata({ a: 1 }, () => {
        throw new Error('x')
      }),
    ).toThrow('x')
    cart.close()
    expect(metadataOf(cart)).toEqual([undefined])
  })

  it('7.4 is on the events of event classes and on the outer event of nested methods', () => {
    const account = new Account().carry({ a: 1 })
    account.open('Ada')
    expect(account.pendingEvents[0]!.metadata).toEqual({ a: 1 })
    const cart = new Cart().carry({ b: 1 })
    cart.addSet({ article: 'pen', count: 1, extra: 1 })
    expect(metadataOf(cart)).toEqual([{ b: 1 }])
  })
})

describe('7 aggregate classes that inherit', () => {
  abstract class Vehicle extends AggregateRoot {
    metres = 0
    @Records('driven')
    drive(metres: number): void {
      this.metres += metres
    }
  }

  @Aggregate('car')
  class Car extends Vehicle {
    @Records('parked')
    park(): void {
      this.drive(1)
    }
  }

  @Aggregate('truck')
  class Truck extends Vehicle {
    kilos = 0
    @Records('loaded')
    load(kilos: number): void {
      this.kilos = kilos
    }
  }

  it('7.2 record and replay what their base declares', () => {
    const car = new Car()
    car.drive(10)
    car.park()
    expect(names(car)).toEqual(['driven', 'parked'])
    expect(car.metres).toBe(11)
    expectSameReplayed(car, Car)
  })

  it('7.6 do not see the events of their sisters', () => {
    expect([...classDefinition(Car).eventVersions!.keys()].sort()).toEqual(['driven', 'parked'])
    expect([...classDefinition(Truck).eventVersions!.keys()].sort()).toEqual(['driven', 'loaded'])
    expect(() => replayed(classDefinition(Car), [{ name: 'loaded', payload: 1 }])).toThrow(EventMismatch)
  })

  it('7.2 record one event if they extend a sourced method under a new name', () => {
    @Aggregate('race-car')
    class RaceCar extends Car {
      boosts = 0
      @Records('boosted')
      override drive(metres: number): void {
        super.drive(metres * 2)
        this.boosts++
      }
    }
    const car = new RaceCar()
    car.drive(5)
    expect(names(car)).toEqual(['boosted'])
    expect(car).toMatchObject({ metres: 10, boosts: 1 })
    expectSameReplayed(car, RaceCar)
  })

  it('6.4 may declare an event of their base again: theirs counts, live and on replay', () => {
    @Aggregate('reversing-car')
    class ReversingCar extends Car {
      @Records('driven')
      override drive(metres: number): void {
        this.metres -= metres
      }
    }
    const car = new ReversingCar()
    car.drive(3)
    car.park()
    expect(names(car)).toEqual(['driven', 'parked'])
    expect(car.metres).toBe(-4)
    expectSameReplayed(car, ReversingCar)
  })

  it('7.2 replay through a method that overrides a sourced method without being one', () => {
    @Aggregate('taximeter')
    class Taximeter extends Car {
      fare = 0
      override drive(metres: number): void {
        this.fare += 2
        super.drive(metres)
        this.fare += metres
      }
    }
    const taxi = new Taximeter()
    taxi.drive(5)
    taxi.park()
    expect(names(taxi)).toEqual(['driven', 'parked'])
    expect(taxi).toMatchObject({ metres: 6, fare: 10 })
    expectSameReplayed(taxi, Taximeter)
  })

  it('7.2 replay through a method that overrides one which applies an event class', () => {
    @Aggregate('premium-account')
    class PremiumAccount extends Account {
      bonus = 0
      protected override onDeposited(event: MoneyDeposited): void {
        super.onDeposited(event)
        this.bonus += event.amount
      }
    }
    const account = new PremiumAccount()
    account.deposit(5)
    expect(account).toMatchObject({ cents: 500, bonus: 5 })
    expectSameReplayed(account, PremiumAccount)
  })

  it('1.4 do not inherit the type', () => {
    class Taxi extends Car {}
    expect(() => classDefinition(Taxi)).toThrow(InvalidArgumentError)
    expect(() => classDefinition(Taxi)).toThrow(/Taxi has no @Aggregate/)
  })
})

describe('7.6 replay', () => {
  it('7.6 refuses an event that the aggregate does not declare', () => {
    expect(() => replayed(classDefinition(Cart), [{ name: 'unheard-of' }])).toThrow(
      /Cart declares no event 'unheard-of'/,
    )
  })

  it('7.6 refuses an event of another version, and says how to get from one to the other', () => {
    const older = { name: 'money-deposited', version: 1, payload: { amount: 1 } }
    const newer = { ...older, version: 3 }
    expect(() => replayed(classDefinition(Account), [older])).toThrow(EventMismatch)
    expect(() => replayed(classDefinition(Account), [older])).toThrow(/declares version 2 .* not 1; register/)
    expect(() => replayed(classDefinition(Account), [newer])).toThrow(EventMismatch)
  })

  it('7.6 lets what the aggregate throws pass', () => {
    expect(() => replayed(classDefinition(Cart), [{ name: 'failed-halfway' }])).toThrow('halfway')
  })
})

describe('8.3 state as a snapshot', () => {
  it('8.3 is the own properties, and restores to an equal instance with methods', () => {
    const cart = new Cart()
    cart.add({ article: 'pen', count: 2 })
    const definition = classDefinition(Cart)
    const stored = JSON.parse(JSON.stringify(definition.capture(cart))) as unknown
    const restored = definition.restore(stored, 'a-1')
    expect(restored).toBeInstanceOf(Cart)
    expect(restored).toEqual(cart)
    restored.close()
    expect(names(restored)).toEqual(['closed'])
  })

  it('8.3 may be what the class says itself', () => {
    @Aggregate('indexed')
    class Indexed extends AggregateRoot {
      byId = new Map<string, number>()
      @Records('put')
      put(e: { id: string; n: number }): void {
        this.byId.set(e.id, e.n)
      }
      toSnapshot(): unknown {
        return [...this.byId]
      }
      fromSnapshot(entries: [string, number][]): void {
        this.byId = new Map(entries)
      }
    }
    const indexed = new Indexed()
    indexed.put({ id: 'a', n: 1 })
    const definition = classDefinition(Indexed)
    expect(definition.capture(indexed)).toEqual([['a', 1]])
    expect(definition.restore([['a', 1]], 'a-1')).toEqual(indexed)
  })
})

describe('7 an instance that no repository made', () => {
  it('1.2 has no id, and says where instances come from', () => {
    expect(() => new Cart().aggregateId).toThrow(InvalidArgumentError)
    expect(() => new Cart().aggregateId).toThrow(/This Cart has no id.*repository\.create/)
  })

  it('3.7 has version 0', () => {
    expect(new Cart()).toMatchObject({ version: 0, committedVersion: 0, pendingEvents: [] })
  })
})

describe('3.7 the journal of an instance', () => {
  it('3.7 clears what was committed, and keeps what was recorded meanwhile', () => {
    const cart = new Cart()
    cart.note('a')
    cart.note('b')
    const journal = journalOf(cart)
    cart.note('meanwhile')
    const committed = journal.markCommitted(2)
    expect(committed.map(({ payload }) => payload)).toEqual(['a', 'b'])
    expect(cart).toMatchObject({ committedVersion: 2, version: 3 })
    expect(cart.pendingEvents.map(({ payload }) => payload)).toEqual(['meanwhile'])
  })

  it('10.1 gets its events back in order when the transaction around it is rolled back', () => {
    const cart = new Cart()
    cart.note('a')
    cart.note('b')
    const journal = journalOf(cart)
    const committed = journal.markCommitted(2)
    cart.note('c')
    journal.markRolledBack(committed, 0)
    expect(cart).toMatchObject({ committedVersion: 0, version: 3 })
    expect(cart.pendingEvents.map(({ payload }) => payload)).toEqual(['a', 'b', 'c'])
  })

  it('10.6 is not part of the state', () => {
    const cart = new Cart()
    cart.carry({ a: 1 })
    cart.close()
    expect(Object.keys(cart).sort()).toEqual(['closed', 'lines', 'log'])
  })
})

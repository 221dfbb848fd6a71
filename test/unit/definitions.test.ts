import { classDefinition } from '../../src/aggregate/class-definition.js'
import { DefinitionRegistry } from '../../src/aggregate/definition-registry.js'
import { InvalidArgumentError, UpcastError } from '../../src/errors/index.js'
import { Aggregate, AggregateRoot, Applies, defineAggregate, DomainEvent, Records } from '../../src/index.js'
import type { NewEvent } from '../../src/index.js'
import { UpcasterChain } from '../../src/serialization/upcaster-chain.js'
import type { Upcaster } from '../../src/serialization/upcaster-chain.js'
import { replayed } from './replayed.js'

const registry = (...upcasters: Upcaster[]) => new DefinitionRegistry(new UpcasterChain(upcasters))

function upcaster(name: string, version: number, toName = name, toVersion = version + 1): Upcaster {
  return {
    from: { name, version },
    to: { name: toName, version: toVersion },
    upcast: (payload) => ({ ...(payload as object), upcast: toVersion }),
  }
}

describe('1.4 the type of an aggregate', () => {
  it('1.4 is what @Aggregate says, whatever the class is called', () => {
    @Aggregate('a durable name')
    class X extends AggregateRoot {}
    expect(registry().ofClass(X).aggregateType).toBe('a durable name')
  })

  it('1.4 is missing without @Aggregate, and the class is refused', () => {
    class Anonymous extends AggregateRoot {}
    expect(() => registry().ofClass(Anonymous)).toThrow(InvalidArgumentError)
    expect(() => registry().ofClass(Anonymous)).toThrow(/Anonymous has no @Aggregate\('type'\)/)
  })

  it.each(['', ' ', 'a\0', '\ud83d', 'x'.repeat(256)])('1.2 cannot be %j', (type) => {
    expect(() => Aggregate(type)).toThrow(InvalidArgumentError)
    expect(() => defineAggregate({ type, initial: () => 0, evolve: (state) => state })).toThrow(
      InvalidArgumentError,
    )
  })

  it('1.4 belongs to one aggregate of a store', () => {
    @Aggregate('shared')
    class One extends AggregateRoot {}
    @Aggregate('shared')
    class Two extends AggregateRoot {}
    const three = defineAggregate({ type: 'shared', initial: () => 0, evolve: (state) => state })
    const known = registry()
    known.ofClass(One)
    expect(() => known.ofClass(Two)).toThrow(/Two aggregates claim the type 'shared'/)
    expect(() => known.ofFunctions(three)).toThrow(InvalidArgumentError)
    expect(known.ofClass(One)).toBe(known.ofClass(One))
    expect(registry().ofClass(Two).aggregateType).toBe('shared')
  })
})

describe('6.4 the name of an event', () => {
  it('6.4 is declared once in an aggregate: by two sourced methods', () => {
    @Aggregate('a')
    class A extends AggregateRoot {
      @Records('done')
      one(): void {}
      @Records('done', { version: 2 })
      two(): void {}
    }
    expect(() => registry().ofClass(A)).toThrow(InvalidArgumentError)
    expect(() => registry().ofClass(A)).toThrow(/A declares the event 'done' twice/)
  })

  it('6.4 is declared once in an aggregate: by an event class and a sourced method', () => {
    @DomainEvent('done')
    class Done {}
    @Aggregate('a')
    class A extends AggregateRoot {
      last: unknown
      @Records('done')
      one(): void {}
      @Applies(Done)
      protected onDone(event: Done): void {
        this.last = event
      }
    }
    expect(() => registry().ofClass(A)).toThrow(/declares the event 'done' twice/)
  })

  it('6.4 is declared once in an aggregate: by two methods that apply the same class', () => {
    @DomainEvent('done')
    class Done {}
    @Aggregate('a')
    class A extends AggregateRoot {
      last: unknown
      @Applies(Done)
      protected one(event: Done): void {
        this.last = event
      }
      @Applies(Done)
      protected two(event: Done): void {
        this.last = event
      }
    }
    expect(() => registry().ofClass(A)).toThrow(/declares the event 'done' twice/)
  })

  it('6.4 is declared once in an aggregate: by a class that is applied and listed', () => {
    @DomainEvent('done')
    class Done {}
    @Aggregate('a', { events: [Done] })
    class A extends AggregateRoot {
      last: unknown
      @Applies(Done)
      protected onDone(event: Done): void {
        this.last = event
      }
    }
    expect(() => registry().ofClass(A)).toThrow(/declares the event 'done' twice/)
  })

  it('6.4 and version belong to one class of a store', () => {
    @DomainEvent('done')
    class Done {}
    @DomainEvent('done')
    class AlsoDone {}
    @Aggregate('a', { events: [Done] })
    class A extends AggregateRoot {}
    @Aggregate('b', { events: [AlsoDone] })
    class B extends AggregateRoot {}
    const known = registry()
    known.ofClass(A)
    expect(() => known.ofClass(B)).toThrow(InvalidArgumentError)
    expect(() => known.ofClass(B)).toThrow(/Two classes claim the event 'done' version 1/)
    expect(() => registry().ofClass(B)).not.toThrow()
  })

  it('6.4 may be claimed by two classes for two versions, in two aggregates', () => {
    @DomainEvent('done')
    class Done {}
    @DomainEvent('done', { version: 2 })
    class DoneBetter {}
    @Aggregate('a', { events: [Done] })
    class A extends AggregateRoot {}
    @Aggregate('b', { events: [DoneBetter] })
    class B extends AggregateRoot {}
    const known = registry()
    known.ofClass(A)
    expect(() => known.ofClass(B)).not.toThrow()
  })

  it('6.4 may be shared by aggregates through one class', () => {
    @DomainEvent('archived')
    class Archived {}
    @Aggregate('a', { events: [Archived] })
    class A extends AggregateRoot {}
    @Aggregate('b', { events: [Archived] })
    class B extends AggregateRoot {}
    const known = registry()
    known.ofClass(A)
    expect(() => known.ofClass(B)).not.toThrow()
  })

  it.each(['', ' ', '$checked', 'a\0', '\udca9', 'x'.repeat(256)])('6.4 cannot be %j', (name) => {
    @Aggregate('by-method')
    class ByMethod extends AggregateRoot {
      @Records(name)
      act(): void {}
    }
    expect(() => registry().ofClass(ByMethod)).toThrow(InvalidArgumentError)
    expect(() => {
      @DomainEvent(name)
      class Event {}
      @Aggregate('by-class', { events: [Event] })
      class ByClass extends AggregateRoot {}
      registry().ofClass(ByClass)
    }).toThrow(InvalidArgumentError)
  })

  it.each([0, -1, 1.5, NaN])('6.4 cannot have version %p', (version) => {
    @Aggregate('a')
    class A extends AggregateRoot {
      @Records('done', { version })
      act(): void {}
    }
    expect(() => registry().ofClass(A)).toThrow(/Event 'done' of A has version/)
  })

  it('6.4 is missing without @DomainEvent, and the class is refused', () => {
    class Nameless {}
    @Aggregate('a', { events: [Nameless] })
    class A extends AggregateRoot {}
    expect(() => registry().ofClass(A)).toThrow(/Nameless has no @DomainEvent\('name'\)/)
    expect(() => Applies(Nameless)(A.prototype, 'onNameless', {})).toThrow(
      /@Applies\(Nameless\) on onNameless: the class has no @DomainEvent/,
    )
  })

  it('6.4 is what is recorded and what is replayed, for every event of an aggregate', () => {
    @DomainEvent('listed')
    class Listed {
      readonly n = 1
    }
    @DomainEvent('applied', { version: 4 })
    class Applied {
      readonly n = 2
    }
    @Aggregate('a', { events: [Listed] })
    class A extends AggregateRoot {
      last: unknown
      @Records('sourced', { version: 3 })
      act(): void {}
      both(): void {
        this.record(new Listed())
        this.record(new Applied())
      }
      @Applies(Applied)
      protected onApplied(event: Applied): void {
        this.last = event
      }
    }
    const a = new A()
    a.act()
    a.both()
    const declared = registry().ofClass(A).eventVersions!
    expect(new Map(a.pendingEvents.map(({ name, version }) => [name, version]))).toEqual(declared)
    expect(() => replayed(classDefinition(A), a.pendingEvents)).not.toThrow()
  })
})

describe('6.3 upcasters and aggregates', () => {
  @Aggregate('account')
  class Account extends AggregateRoot {
    payloads: unknown[] = []
    @Records('deposited', { version: 3 })
    deposit(payload: unknown): void {
      this.payloads.push(payload)
    }
  }

  it('6.3 fit together if the upcasters end at the declared version', () => {
    expect(() => registry(upcaster('deposited', 1), upcaster('deposited', 2)).ofClass(Account)).not.toThrow()
  })

  it.each([
    ['before', [upcaster('deposited', 1)], 2],
    ['beyond', [upcaster('deposited', 2), upcaster('deposited', 3)], 4],
  ] as const)('6.3 are refused if the upcasters end %s the declared version', (_, upcasters, newest) => {
    const work = () => registry(...upcasters).ofClass(Account)
    expect(work).toThrow(UpcastError)
    expect(work).toThrow(new RegExp(`ends at version ${newest}, but 'account' declares version 3`))
  })

  it('6.3 replay old and renamed events as the newest version', () => {
    const chain = new UpcasterChain([
      upcaster('paid-in', 1, 'deposited', 2),
      upcaster('deposited', 1),
      upcaster('deposited', 2),
    ])
    const definition = new DefinitionRegistry(chain).ofClass(Account)
    const stored: NewEvent[] = [
      { name: 'paid-in', version: 1, payload: { n: 1 } },
      { name: 'deposited', version: 2, payload: { n: 2 } },
      { name: 'deposited', version: 3, payload: { n: 3 } },
    ]
    expect(replayed(definition, stored, chain).payloads).toEqual([
      { n: 1, upcast: 3 },
      { n: 2, upcast: 3 },
      { n: 3 },
    ])
  })
})

describe('7 an aggregate of functions', () => {
  type CounterEvent =
    { name: 'increased'; payload: { by: number; tags?: string[] } } | { name: 'reset'; payload?: undefined }

  const counter = defineAggregate<{ count: number }, CounterEvent>({
    type: 'counter',
    initial: () => ({ count: 0 }),
    evolve: (state, event) => {
      if (event.name === 'reset') return { count: 0 }
      if (event.payload.by === 13) throw new Error('unlucky')
      return { count: state.count + event.payload.by }
    },
    codec: 'sealed',
  })
  const { definition } = counter

  it('7.1 evolves its state and records', () => {
    const one = definition.create('a-1')
    one.record({ name: 'increased', payload: { by: 2 } }, { name: 'increased', payload: { by: 3 } })
    expect(one.state).toEqual({ count: 5 })
    expect(one).toMatchObject({ version: 2, committedVersion: 0 })
    expect(one.pendingEvents).toEqual([
      { name: 'increased', payload: { by: 2 } },
      { name: 'increased', payload: { by: 3 } },
    ])
  })

  it('7.2 replays to the same state and records nothing', () => {
    const one = definition.create('a-1')
    one.record({ name: 'increased', payload: { by: 2 } }, { name: 'reset' })
    one.record({ name: 'increased', payload: { by: 7 } })
    const again = replayed(definition, one.pendingEvents)
    expect(again.state).toEqual(one.state)
    expect(again.pendingEvents).toEqual([])
  })

  it('7.1 records nothing, and keeps its state, if evolving throws', () => {
    const one = definition.create('a-1')
    expect(() => one.record({ name: 'increased', payload: { by: 13 } })).toThrow('unlucky')
    expect(one.state).toEqual({ count: 0 })
    expect(one.pendingEvents).toEqual([])
  })

  it('7.1 refuses names that cannot be stored before it evolves', () => {
    const one = definition.create('a-1')
    const nameless = { name: '$checked', payload: { by: 1 } } as unknown as CounterEvent
    expect(() => one.record(nameless)).toThrow(InvalidArgumentError)
    expect(one.state).toEqual({ count: 0 })
  })

  it('7.3 keeps what was recorded when the caller goes on using it', () => {
    const one = definition.create('a-1')
    const event = { name: 'increased' as const, payload: { by: 1, tags: ['a'] } }
    one.record(event)
    event.payload.by = 9
    event.payload.tags.push('b')
    expect(one.pendingEvents[0]!.payload).toEqual({ by: 1, tags: ['a'] })
  })

  it('7.4 carries metadata', () => {
    const one = definition.create('a-1').carry({ a: 1, b: 1 })
    const withOwn = { name: 'increased' as const, payload: { by: 1 }, metadata: { b: 2 } }
    one.record(withOwn)
    expect(one.pendingEvents[0]!.metadata).toEqual({ a: 1, b: 2 })
  })

  it('6.2 gives its codec to events that name none', () => {
    expect(definition.complete({ name: 'reset' }).codec).toBe('sealed')
    expect(definition.complete({ name: 'reset', codec: 'own' }).codec).toBe('own')
  })

  it('8.3 is captured and restored as its state', () => {
    const one = definition.create('a-1')
    one.record({ name: 'increased', payload: { by: 2 } })
    const restored = definition.restore(definition.capture(one), 'a-1')
    expect(restored.state).toEqual({ count: 2 })
    restored.record({ name: 'increased', payload: { by: 1 } })
    expect(restored.state).toEqual({ count: 3 })
    expect(one.state).toEqual({ count: 2 })
  })

  it('1.2 has no id unless a repository made it', () => {
    expect(() => definition.create('a-1').aggregateId).toThrow(InvalidArgumentError)
  })

  it('10.6 starts from an initial state of its own', () => {
    const list = defineAggregate<string[], { name: 'added'; payload: string }>({
      type: 'list',
      initial: () => [],
      evolve: (state, { payload }) => [...state, payload],
    })
    const one = list.definition.create('a-1')
    one.record({ name: 'added', payload: 'a' })
    expect(list.definition.create('a-1').state).toEqual([])
  })
})

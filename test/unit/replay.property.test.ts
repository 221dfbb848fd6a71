import * as fc from 'fast-check'
import { classDefinition } from '../../src/aggregate/class-definition.js'
import { Aggregate, AggregateRoot, Applies, defineAggregate, DomainEvent, Records } from '../../src/index.js'
import { replayed } from './replayed.js'

/** The same account three times: as sourced methods, as event classes, as functions; and as a plain model. */
interface State {
  balance: number
  frozen: boolean
  history: string[]
}

@Aggregate('sourced-account')
class SourcedAccount extends AggregateRoot implements State {
  balance = 0
  frozen = false
  history: string[] = []

  @Records('deposited', {
    when: (self: SourcedAccount, e: { amount: number; text: string }) => !self.frozen && e.amount > 0,
  })
  deposit(e: { amount: number; text: string }): void {
    this.balance += e.amount
    this.history.push(e.text)
  }

  @Records('withdrawn')
  withdraw(e: { amount: number; text: string }): void {
    if (this.frozen || e.amount > this.balance) throw new Error('refused')
    this.balance -= e.amount
    this.history.push(e.text)
  }

  @Records('exchanged')
  exchange(e: { out: number; in: number }): void {
    this.withdraw({ amount: e.out, text: 'out' })
    this.deposit({ amount: e.in, text: 'in' })
  }

  @Records('switched')
  switch(): void {
    this.frozen = !this.frozen
  }
}

@DomainEvent('deposited-by-class')
class Deposited {
  constructor(
    readonly amount: number,
    readonly text: string,
  ) {}
}

@DomainEvent('withdrawn-by-class')
class Withdrawn {
  constructor(
    readonly amount: number,
    readonly text: string,
  ) {}
}

@DomainEvent('switched-by-class')
class Switched {
  constructor(readonly frozen: boolean) {}
}

@Aggregate('event-account')
class EventAccount extends AggregateRoot implements State {
  balance = 0
  frozen = false
  history: string[] = []

  deposit(e: { amount: number; text: string }): void {
    if (!this.frozen && e.amount > 0) this.record(new Deposited(e.amount, e.text))
  }

  withdraw(e: { amount: number; text: string }): void {
    if (this.frozen || e.amount > this.balance) throw new Error('refused')
    this.record(new Withdrawn(e.amount, e.text))
  }

  exchange(e: { out: number; in: number }): void {
    this.withdraw({ amount: e.out, text: 'out' })
    this.deposit({ amount: e.in, text: 'in' })
  }

  switch(): void {
    this.record(new Switched(!this.frozen))
  }

  @Applies(Deposited)
  protected onDeposited(event: Deposited): void {
    this.balance += event.amount
    this.history.push(event.text)
  }

  @Applies(Withdrawn)
  protected onWithdrawn(event: Withdrawn): void {
    this.balance -= event.amount
    this.history.push(event.text)
  }

  @Applies(Switched)
  protected onSwitched(event: Switched): void {
    this.frozen = event.frozen
  }
}

type Command =
  | { readonly kind: 'deposit' | 'withdraw'; readonly amount: number; readonly text: string }
  | { readonly kind: 'exchange'; readonly out: number; readonly in: number }
  | { readonly kind: 'switch' }

const amount = fc.integer({ min: -3, max: 30 })
const text = fc.string({ unit: 'binary', maxLength: 4 })
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('deposit' as const), amount, text }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), amount, text }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('exchange' as const), out: amount, in: amount }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'switch' as const }) },
)
const commands = fc.array(command, { maxLength: 40 })

/** What the command does to the plain model; whether it is accepted and has an effect. */
function expected(state: State, given: Command): boolean {
  switch (given.kind) {
    case 'switch':
      state.frozen = !state.frozen
      return true
    case 'deposit':
      if (state.frozen || given.amount <= 0) return false
      state.balance += given.amount
      state.history.push(given.text)
      return true
    case 'withdraw':
      if (state.frozen || given.amount > state.balance) return false
      state.balance -= given.amount
      state.history.push(given.text)
      return true
    case 'exchange':
      if (!expected(state, { kind: 'withdraw', amount: given.out, text: 'out' })) return false
      expected(state, { kind: 'deposit', amount: given.in, text: 'in' })
      return true
  }
}

function perform(account: SourcedAccount | EventAccount, given: Command): void {
  try {
    switch (given.kind) {
      case 'switch':
        account.switch()
        break
      case 'exchange':
        account.exchange(given)
        break
      case 'deposit':
      case 'withdraw':
        account[given.kind]({ amount: given.amount, text: given.text })
    }
  } catch (error) {
    expect(error).toEqual(new Error('refused'))
  }
}

const stateOf = ({ balance, frozen, history }: State): State => ({ balance, frozen, history })

describe('7.2 whatever commands an aggregate gets, it replays to the state it was left in', () => {
  it('7.2 with sourced methods: the state is the model’s, and each effective command is one event', () => {
    fc.assert(
      fc.property(commands, (given) => {
        const account = new SourcedAccount()
        const model: State = { balance: 0, frozen: false, history: [] }
        let effective = 0
        for (const one of given) {
          perform(account, one)
          if (expected(model, one)) effective++
        }
        expect(stateOf(account)).toEqual(model)
        expect(account.pendingEvents).toHaveLength(effective)
        const again = replayed(classDefinition(SourcedAccount), account.pendingEvents)
        expect(stateOf(again)).toEqual(model)
        expect(again.version).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  it('7.2 with event classes: the state is the model’s', () => {
    fc.assert(
      fc.property(commands, (given) => {
        const account = new EventAccount()
        const model: State = { balance: 0, frozen: false, history: [] }
        for (const one of given) {
          perform(account, one)
          expected(model, one)
        }
        expect(stateOf(account)).toEqual(model)
        expect(stateOf(replayed(classDefinition(EventAccount), account.pendingEvents))).toEqual(model)
      }),
      { numRuns: 200 },
    )
  })

  it('7.2 with functions: the state is the fold of the events', () => {
    type Event = { name: 'set'; payload: { key: string; value: unknown } } | { name: 'cleared' }
    const bag = defineAggregate<Record<string, unknown>, Event>({
      type: 'bag',
      initial: () => ({}),
      evolve: (state, event) =>
        event.name === 'cleared' ? {} : { ...state, [`key ${event.payload.key}`]: event.payload.value },
    })
    const events = fc.array(
      fc.oneof(
        fc.record({
          name: fc.constant('set' as const),
          payload: fc.record({
            key: fc.string({ unit: 'binary' }),
            value: fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 }).filter((value) => {
              // JSON has no minus zero.
              return !JSON.stringify([value], (_, inner: unknown) =>
                Object.is(inner, -0) ? 'minus' : inner,
              ).includes('minus')
            }),
          }),
        }),
        fc.constant({ name: 'cleared' as const }),
      ),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(events, (given) => {
        const live = bag.definition.create('a-1')
        live.record(...given)
        expect(live.version).toBe(given.length)
        expect(replayed(bag.definition, live.pendingEvents).state).toEqual(live.state)
      }),
      { numRuns: 200 },
    )
  })

  it('8.3 a snapshot taken anywhere and the events after it give the same state as all events', () => {
    fc.assert(
      fc.property(commands, fc.nat(), (given, cut) => {
        const definition = classDefinition(SourcedAccount)
        const account = new SourcedAccount()
        for (const one of given) perform(account, one)
        const events = account.pendingEvents
        const at = events.length === 0 ? 0 : cut % (events.length + 1)
        const early = replayed(definition, events.slice(0, at))
        const restored = definition.restore(JSON.parse(JSON.stringify(definition.capture(early))), 'a-1')
        for (const event of events.slice(at)) {
          definition.apply(restored, {
            name: event.name,
            version: event.version ?? 1,
            payload: JSON.parse(JSON.stringify(event.payload ?? null)) as unknown,
          })
        }
        expect(restored).toEqual(account)
      }),
      { numRuns: 200 },
    )
  })
})

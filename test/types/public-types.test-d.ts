/**
 * What the compiler has to accept and to refuse of the public types. Nothing here runs: `tsc` checks it, and an
 * expected error that does not occur is an error.
 */
import type { DataSource, EntityManager, QueryRunner } from 'typeorm'
import { Aggregate, AggregateRoot, Applies, defineAggregate, DomainEvent, Records } from '../../src/index.js'
import type {
  AggregateRepository,
  Codec,
  Commit,
  ConcurrentWriteError,
  EventStore,
  ExpectedVersion,
  FunctionalAggregate,
  InvalidPayloadError,
  Metadata,
  NewEvent,
  RecordedEvent,
  SourcedError,
  StorageError,
  StreamAppend,
  UnitOfWork,
} from '../../src/index.js'

type IsAny<T> = 0 extends 1 & T ? true : false
type Equal<A, B> = IsAny<A> extends true ? false : [A] extends [B] ? ([B] extends [A] ? true : false) : false

/** `expectType<T>()(value, true)`: the value is of exactly this type, and not `any`. */
function expectType<Expected>() {
  return <const Actual>(actual: Actual, same: Equal<Actual, Expected>): unknown => [actual, same]
}

declare const store: EventStore
declare const dataSource: DataSource

@DomainEvent('opened')
export class Opened {
  constructor(readonly owner: string) {}
}

@DomainEvent('closed')
export class Closed {
  constructor(readonly reason: number) {}
}

@Aggregate('account', { snapshots: { every: 100, version: 2 }, codec: 'zipped', events: [Closed] })
export class Account extends AggregateRoot {
  balance = 0
  owner = ''

  @Records('deposited')
  deposit(e: { amount: number }): void {
    this.balance += e.amount
  }

  @Records('withdrawn', { when: (account: Account, e: { amount: number }) => account.balance >= e.amount })
  withdraw(e: { amount: number }): void {
    this.balance -= e.amount
  }

  @Records('frozen')
  freeze(): void {
    this.balance = 0
  }

  @Records('summed', { version: 2, codec: 'json' })
  sum(numbers: readonly number[]): number {
    return numbers.length
  }

  open(owner: string): void {
    this.record(new Opened(owner))
    // @ts-expect-error -- an event is an object
    this.record('opened')
  }

  @Applies(Opened)
  protected onOpened(event: Opened): void {
    this.owner = event.owner
  }
}

// 7.1 Sourced methods keep their signature.
export function sourcedMethods(account: Account): void {
  account.deposit({ amount: 1 })
  expectType<number>()(account.sum([1]), true)
  account.freeze()
  // @ts-expect-error -- the payload has another type
  account.deposit({ amount: '1' })
  // @ts-expect-error -- the payload lacks a property
  account.deposit({})
  // @ts-expect-error -- the payload is missing
  account.deposit()
  // @ts-expect-error -- one payload is all there is
  account.deposit({ amount: 1 }, 2)
  // @ts-expect-error -- it takes no payload
  account.freeze(1)
}

// 7.1 What @Records refuses.
export class WrongRecords extends AggregateRoot {
  balance = 0

  // @ts-expect-error -- a second argument would not be recorded
  @Records('two-arguments')
  two(a: number, b: number): void {
    this.balance = a + b
  }

  // @ts-expect-error -- the guard expects another payload
  @Records('guarded', { when: (_: WrongRecords, e: { amount: number }) => e.amount > 0 })
  guarded(e: { name: string }): void {
    this.balance = e.name.length
  }

  // @ts-expect-error -- the guard is about another aggregate
  @Records('foreign', { when: (account: Account, e: { amount: number }) => account.balance > e.amount })
  foreign(e: { amount: number }): void {
    this.balance = e.amount
  }

  // @ts-expect-error -- a guard answers yes or no
  @Records('undecided', { when: () => 'yes' })
  undecided(): void {}

  // @ts-expect-error -- an event has a name
  @Records()
  nameless(): void {}

  // @ts-expect-error -- there is no such option
  @Records('misspelt', { guard: () => true })
  misspelt(): void {}

  // @ts-expect-error -- a version is a number
  @Records('versioned', { version: '2' })
  versioned(): void {}

  // @ts-expect-error -- a property is no method
  @Records('property')
  property = 1

  // @ts-expect-error -- an accessor is no method
  @Records('accessor')
  get accessor(): number {
    return 1
  }
}

// 7.1 What @Applies refuses.
export class WrongApplies extends AggregateRoot {
  owner = ''

  // @ts-expect-error -- the method applies another event
  @Applies(Opened)
  protected onOpened(event: Closed): void {
    this.owner = String(event.reason)
  }

  // @ts-expect-error -- the event comes alone
  @Applies(Closed)
  protected onClosed(event: Closed, second: string): void {
    this.owner = second + String(event.reason)
  }

  // @ts-expect-error -- an event class is no name
  @Applies('opened')
  protected onName(event: Opened): void {
    this.owner = event.owner
  }
}

// @ts-expect-error -- an aggregate has a type
@Aggregate()
export class Untyped extends AggregateRoot {}

// @ts-expect-error -- there is no such option
@Aggregate('misspelt', { snapshot: { every: 1 } })
export class Misspelt extends AggregateRoot {}

// @ts-expect-error -- events are classes
@Aggregate('wrong-events', { events: ['opened'] })
export class WrongEvents extends AggregateRoot {}

// @ts-expect-error -- an event has a name
@DomainEvent()
export class Nameless {}

// 7.5 Repositories know what they hold.
export async function repositories(manager: EntityManager, runner: QueryRunner): Promise<void> {
  const accounts = store.repository(Account)
  expectType<AggregateRepository<Account>>()(accounts, true)
  expectType<Account>()(accounts.create('a'), true)
  expectType<Account | undefined>()(await accounts.load('a'), true)
  expectType<Account | undefined>()(await accounts.load('a', { version: 3 }), true)
  expectType<Account | undefined>()(await accounts.load('a', { time: new Date() }), true)
  expectType<Account[]>()(await accounts.loadMany(['a', 'b'] as const), true)
  expectType<Commit>()(await accounts.commit(accounts.create('a')), true)
  expectType<Commit>()(await accounts.commit([accounts.create('a')] as const), true)
  expectType<AggregateRepository<Account>>()(accounts.within(manager), true)
  expectType<EventStore>()(store.within(runner), true)

  const loaded = await accounts.load('a')
  // @ts-expect-error -- it may not exist
  loaded.deposit({ amount: 1 })
  // @ts-expect-error -- an id is a string
  accounts.create(1)
  // @ts-expect-error -- an id is needed
  accounts.create()
  // @ts-expect-error -- there is no such option
  await accounts.load('a', { at: new Date() })
  // @ts-expect-error -- a time is a Date
  await accounts.load('a', { time: '2026-01-31' })
  // @ts-expect-error -- this repository holds accounts
  await accounts.commit(new Other())
  // @ts-expect-error -- a DataSource is no transaction
  store.within(dataSource)
}

@Aggregate('other')
export class Other extends AggregateRoot {
  other = true
}

@Aggregate('needs-arguments')
export class NeedsArguments extends AggregateRoot {
  constructor(readonly clock: () => Date) {
    super()
  }
}

@Aggregate('optional-arguments')
export class OptionalArguments extends AggregateRoot {
  constructor(readonly clock?: () => Date) {
    super()
  }
}

/** What aggregate roots of other libraries have. */
export abstract class KeepsItsEvents {
  declare apply: (event: object) => void
  declare getUncommittedEvents: () => object[]
  declare loadFromHistory: (events: readonly object[]) => void
  declare uncommit: () => void
}

@Aggregate('identified')
export class Identified extends KeepsItsEvents {
  constructor(readonly id: string) {
    super()
  }
}

@Aggregate('numbered')
export class Numbered extends KeepsItsEvents {
  constructor(readonly number: number) {
    super()
  }
}

@Aggregate('abstract')
export abstract class Abstract extends AggregateRoot {}

export function classes(): void {
  store.repository(OptionalArguments)
  // @ts-expect-error -- nobody would hand in the arguments
  store.repository(NeedsArguments)
  expectType<AggregateRepository<Identified>>()(store.repository(Identified), true)
  // @ts-expect-error -- the id is a string
  store.repository(Numbered)
  // @ts-expect-error -- an abstract class has no instances
  store.repository(Abstract)
  // @ts-expect-error -- an instance is no class
  store.repository(new Account())
  // @ts-expect-error -- a name is no class
  store.repository('account')
  // @ts-expect-error -- only repositories make aggregates
  new AggregateRoot()
}

export function instances(account: Account): void {
  expectType<string>()(account.aggregateId, true)
  expectType<number>()(account.version, true)
  expectType<number>()(account.committedVersion, true)
  expectType<readonly NewEvent[]>()(account.pendingEvents, true)
  expectType<Account>()(account.carry({ correlationId: 'c' }), true)
  // @ts-expect-error -- recording is the aggregate's own business
  account.record(new Opened('Ada'))
  // @ts-expect-error -- applying is the aggregate's own business
  account.onOpened(new Opened('Ada'))
  // @ts-expect-error -- the version follows from the events
  account.version = 3
  // @ts-expect-error -- the id is given by the repository
  account.aggregateId = 'b'
  // @ts-expect-error -- events are only listed
  const writable: NewEvent[] = account.pendingEvents
  expectType<NewEvent[]>()(writable, true)
  // @ts-expect-error -- metadata has names
  account.carry('c')
}

// Aggregates of functions.
type CounterEvent =
  | { readonly name: 'increased'; readonly payload: { readonly by: number } }
  | { readonly name: 'reset'; readonly payload?: undefined }

const counter = defineAggregate<{ count: number }, CounterEvent>({
  type: 'counter',
  snapshots: {},
  initial: () => ({ count: 0 }),
  evolve: (state, event) =>
    event.name === 'increased' ? { count: state.count + event.payload.by } : { count: 0 },
})

export async function functions(): Promise<void> {
  const counters = store.repository(counter)
  expectType<AggregateRepository<FunctionalAggregate<{ count: number }, CounterEvent>>>()(counters, true)
  const one = counters.create('a')
  expectType<{ count: number }>()(one.state, true)
  expectType<FunctionalAggregate<{ count: number }, CounterEvent> | undefined>()(
    await counters.load('a'),
    true,
  )
  one.record({ name: 'increased', payload: { by: 1 } }, { name: 'reset' })
  // @ts-expect-error -- the event is not declared
  one.record({ name: 'decreased', payload: { by: 1 } })
  // @ts-expect-error -- the payload has another type
  one.record({ name: 'increased', payload: { by: '1' } })
  // @ts-expect-error -- the payload is missing
  one.record({ name: 'increased' })
  // @ts-expect-error -- this event has no payload
  one.record({ name: 'reset', payload: { by: 1 } })
  // @ts-expect-error -- the state follows from the events
  one.state = { count: 1 }

  defineAggregate<number, CounterEvent>({
    type: 'a',
    initial: () => 0,
    // @ts-expect-error -- evolving gives a state
    evolve: (state, event) => event,
  })
  // @ts-expect-error -- there has to be an initial state
  defineAggregate<number, CounterEvent>({ type: 'a', evolve: (state) => state })
  // @ts-expect-error -- an aggregate has a type
  defineAggregate<number, CounterEvent>({ initial: () => 0, evolve: (state) => state })
  // @ts-expect-error -- an event has a name
  defineAggregate<number, { kind: 'a' }>({ type: 'a', initial: () => 0, evolve: (state) => state })
}

// 3.2 The four forms of an expected version, and no other.
export function expectedVersions(): ExpectedVersion[] {
  return [
    0,
    7,
    'no-stream',
    'stream-exists',
    'any',
    // @ts-expect-error -- not one of the four forms
    'none',
    // @ts-expect-error -- not one of the four forms
    '1',
    // @ts-expect-error -- not one of the four forms
    1n,
    // @ts-expect-error -- not one of the four forms
    undefined,
    // @ts-expect-error -- not one of the four forms
    null,
  ]
}

export async function appends(): Promise<void> {
  const stream = { aggregateType: 'account', aggregateId: 'a' } as const
  expectType<Commit>()(
    await store.append({ ...stream, expectedVersion: 0, events: [{ name: 'opened' }] }),
    true,
  )
  await store.append([{ ...stream, expectedVersion: 'any' }] as const, { metadata: { a: 1 } })
  const frozen: readonly StreamAppend[] = [{ ...stream, expectedVersion: 3 }]
  await store.append(frozen)
  // @ts-expect-error -- what the writer believes has to be said
  await store.append(stream)
  // @ts-expect-error -- not one of the four forms
  await store.append({ ...stream, expectedVersion: 'latest' })
  // @ts-expect-error -- an event has a name
  await store.append({ ...stream, expectedVersion: 0, events: [{ payload: 1 }] })
  // @ts-expect-error -- metadata is an object
  await store.append({ ...stream, expectedVersion: 0, events: [{ name: 'a', metadata: 'x' }] })
  // @ts-expect-error -- there is no such option
  await store.append({ ...stream, expectedVersion: 0 }, { meta: {} })
}

// 9 Reading.
export async function reading(): Promise<void> {
  type Known = RecordedEvent<'opened', { owner: string }> | RecordedEvent<'closed', { reason: number }>
  for await (const event of store.readAll<Known>({ after: 0, limit: 10, eventNames: ['opened'] })) {
    if (event.name === 'opened') expectType<string>()(event.payload.owner, true)
    else expectType<number>()(event.payload.reason, true)
  }
  for await (const event of store.readStream(
    { aggregateType: 'a', aggregateId: 'b' },
    { direction: 'backward' },
  )) {
    expectType<unknown>()(event.payload, true)
    expectType<Metadata>()(event.metadata, true)
    expectType<Date>()(event.recordedAt, true)
    expectType<number>()(event.position, true)
    // @ts-expect-error -- what is stored does not change
    event.sequence = 2
  }
  for await (const id of store.listStreams('account')) expectType<string>()(id, true)
  // @ts-expect-error -- there are two directions
  store.readStream({ aggregateType: 'a', aggregateId: 'b' }, { direction: 'down' })
  // @ts-expect-error -- a stream is named by type and id
  store.readStream('account-a')
  // @ts-expect-error -- there is no such option
  store.readAll({ since: 3 })
  // @ts-expect-error -- events are not a list
  await store.readAll().length
}

// 5.3 Codes are literals that tell errors apart.
export function errors(
  error: ConcurrentWriteError | InvalidPayloadError | StorageError,
  any: SourcedError,
): unknown {
  expectType<string>()(any.code, true)
  expectType<boolean>()(any.retryable, true)
  switch (error.code) {
    case 'CONCURRENT_WRITE':
      expectType<ExpectedVersion>()(error.expectedVersion, true)
      return expectType<true>()(error.retryable, true)
    case 'INVALID_PAYLOAD':
      return expectType<string>()(error.path, true)
    case 'STORAGE':
      return expectType<'not-written' | 'unknown'>()(error.outcome, true)
  }
}

// 6.2 Codecs say what they encode to.
export const codecs: Codec[] = [
  { label: 'a', version: 1, format: 'json', encode: () => 'null', decode: (text) => text.length },
  {
    label: 'b',
    version: 1,
    format: 'bytes',
    encode: () => new Uint8Array(),
    decode: (bytes) => bytes.length,
  },
  // @ts-expect-error -- JSON is text
  { label: 'c', version: 1, format: 'json', encode: () => new Uint8Array(), decode: () => null },
  // @ts-expect-error -- bytes are no text
  { label: 'd', version: 1, format: 'bytes', encode: () => 'null', decode: () => null },
  // @ts-expect-error -- there are two formats
  { label: 'e', version: 1, format: 'xml', encode: () => 'null', decode: () => null },
]

export async function retries(): Promise<void> {
  expectType<number>()(await store.retryOnConflict(async (attempt) => attempt, { attempts: 3 }), true)
  // @ts-expect-error -- the work has to be a promise, else nothing could be waited for
  await store.retryOnConflict(() => 1)
  // @ts-expect-error -- there is no such option
  await store.retryOnConflict(async () => 1, { retries: 3 })
}

class BalanceView {
  id!: string
  amount!: number
  note!: string | null
  tags!: { colour: string }[]
  owner!: OwnerView | null
  double(): number {
    return this.amount * 2
  }
}

class OwnerView {
  id!: string
  name!: string
}

// 12.6 Changes of rows are typed against the entity.
export async function rows(work: UnitOfWork): Promise<void> {
  work.upsert(BalanceView, { id: 'a', amount: 1, note: null, tags: [{ colour: 'red' }], owner: { id: 'o' } })
  work.patch(BalanceView, { id: 'a' }, { amount: 2, owner: null }, { expectedVersion: 3 })
  work.delete(BalanceView, { id: 'a' })
  // @ts-expect-error -- there is no such column
  work.insert(BalanceView, { id: 'a', colour: 'red' })
  // @ts-expect-error -- amounts are numbers
  work.patch(BalanceView, { id: 'a' }, { amount: '2' })
  // @ts-expect-error -- an amount cannot be null
  work.upsertPatch(BalanceView, { id: 'a' }, { amount: null })
  // @ts-expect-error -- ids are strings
  work.delete(BalanceView, { id: 1 })
  // @ts-expect-error -- methods are no columns
  work.patch(BalanceView, { id: 'a' }, { double: () => 1 })
  // @ts-expect-error -- there is no such relation
  await work.find(BalanceView, { id: 'a' }, { include: ['lines'] })
  expectType<BalanceView | undefined>()(
    await work.find(BalanceView, { id: 'a' }, { include: ['owner'] }),
    true,
  )
}

// 11 A unit of work gives what its work gives, and says how it ended.
export async function units(): Promise<void> {
  const { result, outcome } = await store.unitOfWork(() => 7)
  expectType<number>()(result, true)
  if (outcome.kind === 'committed') expectType<Commit>()(outcome.commit, true)
  else expectType<Date>()(outcome.processed.processedAt, true)
  expectType<'handled' | 'already-handled'>()(
    await store.handleOnce({ consumer: 'c', messageId: 'm' }, () => undefined),
    true,
  )
  // @ts-expect-error -- a mark needs its consumer
  await store.handleOnce({ messageId: 'm' }, () => undefined)
}

import type { DataSource } from 'typeorm'
import { AggregateRepository } from './aggregate-repository.js'
import type { AggregateDefinition } from './aggregate/aggregate-definition.js'
import type { AggregateClass } from './aggregate/class-definition.js'
import { FunctionalAggregateType } from './aggregate/functional-aggregate.js'
import type { FunctionalAggregate } from './aggregate/functional-aggregate.js'
import { journalOf } from './aggregate/journal.js'
import { currentMetadata } from './aggregate/metadata-scope.js'
import { commitAll } from './commit/commit-all.js'
import type { CommitContext } from './commit/commit-all.js'
import type { CommitListener } from './commit/commit-listeners.js'
import type { Member } from './commit/plan-aggregates.js'
import { assertStreamIdentity } from './commit/plan-changes.js'
import { retryOnConflict } from './commit/retry-on-conflict.js'
import type { RetryPolicy } from './commit/retry-on-conflict.js'
import { InvalidArgumentError } from './errors/index.js'
import type { Commit, Metadata, NewEvent, RecordedEvent, StreamAppend } from './model/event.js'
import type { StreamIdentity } from './model/stream-identity.js'
import { assertKnown, assertMilliseconds, assertWhole, resolveOptions } from './options.js'
import type { EventStoreOptions } from './options.js'
import { listStreams } from './reading/list-streams.js'
import type { LoadContext } from './reading/load-aggregates.js'
import { readAll } from './reading/read-all.js'
import type { ReadAllOptions } from './reading/read-all.js'
import { readStream } from './reading/read-stream.js'
import type { ReadStreamOptions } from './reading/read-stream.js'
import { dataSourceOf } from './runner/host.js'
import type { Host } from './runner/host.js'
import { StoreCore } from './store-core.js'

/**
 * Events of aggregates in the host's own database, through the host's own DataSource.
 *
 * - A commit is atomic and checks every stream's version; once it returned, it is durable.
 * - Nothing here opens, migrates or closes the DataSource; the first use verifies its schema.
 *
 * @example
 * const store = new EventStore(dataSource)
 * const accounts = store.repository(Account)
 * const account = accounts.create('acc-1')
 * account.deposit({ amount: 100 })
 * await accounts.commit(account)
 */
export class EventStore {
  private readonly core: StoreCore
  private host: Host | undefined

  constructor(
    readonly dataSource: DataSource,
    options: EventStoreOptions = {},
  ) {
    this.core = new StoreCore(dataSource, resolveOptions(options))
  }

  /**
   * The same store inside the host's transaction: every commit becomes part of it through a savepoint, every
   * read sees it. A conflict leaves the transaction usable. Listeners wait until it has committed; if it is rolled
   * back, its commits are too, and their aggregates get their pending events back.
   *
   * @example
   * await dataSource.transaction(async (manager) => {
   *   await manager.save(order)
   *   await store.within(manager).repository(Account).commit(account)
   * })
   */
  within(host: Host): EventStore {
    if (dataSourceOf(host) !== this.dataSource) {
      throw new InvalidArgumentError(
        'The manager or query runner given to within() belongs to another DataSource.',
      )
    }
    const bound = Object.create(EventStore.prototype) as EventStore
    return Object.assign(bound, { dataSource: this.dataSource, core: this.core, host })
  }

  /**
   * The repository of an aggregate class, or of an aggregate made of functions. Throws `InvalidArgumentError`
   * if its declarations contradict each other, or those of another aggregate of this store.
   */
  repository<A extends object>(aggregate: AggregateClass<A>): AggregateRepository<A>
  repository<State, Event extends NewEvent>(
    aggregate: FunctionalAggregateType<State, Event>,
  ): AggregateRepository<FunctionalAggregate<State, Event>>
  repository(
    aggregate: AggregateClass<object> | FunctionalAggregateType<unknown, NewEvent>,
  ): AggregateRepository<never> {
    const { definitions } = this.core
    const definition =
      aggregate instanceof FunctionalAggregateType
        ? definitions.ofFunctions(aggregate)
        : definitions.ofClass(aggregate)
    return this.repositoryOf(definition as AggregateDefinition<never>)
  }

  /**
   * Appends events to one stream, or atomically to many. A stream without events is only checked: the append
   * fails if another writer moves it, even at the same moment. Without `metadata` of their own, events carry
   * that of the scope (`withMetadata`).
   *
   * Throws, before anything is written: `InvalidStreamIdentityError`, `DuplicateStreamError`,
   * `InvalidArgumentError`, `UnsupportedCodecError`, `InvalidPayloadError`. Throws `ConcurrentWriteError` if a
   * stream is not at its expected version; nothing is written then either.
   *
   * @example
   * await store.append([
   *   { aggregateType: 'account', aggregateId: 'a', expectedVersion: 3, events: [{ name: 'withdrawn', payload: { amount: 30 } }] },
   *   { aggregateType: 'account', aggregateId: 'b', expectedVersion: 'stream-exists', events: [{ name: 'deposited', payload: { amount: 30 } }] },
   * ])
   */
  append(
    streams: StreamAppend | readonly StreamAppend[],
    options: { readonly metadata?: Metadata } = {},
  ): Promise<Commit> {
    return rejecting(() => {
      assertKnown('append', options, ['metadata'])
      const appends = asList(streams)
      appends.forEach(assertKnownAppend)
      const common = { ...currentMetadata(), ...options.metadata }
      return commitAll(
        this.commitContext(),
        appends.map((stream) => withCommon(stream, common)),
        [],
      )
    })
  }

  /**
   * Stores the pending events of one aggregate, or of several of any types atomically. Aggregates without pending
   * events are checked: the commit fails if somebody else moved them. If none has any, nothing happens.
   *
   * Throws `ConcurrentWriteError` if another writer was faster, and what `append` throws. After any failure
   * nothing is stored and every aggregate keeps its pending events.
   */
  commit(aggregates: object | readonly object[]): Promise<Commit> {
    return rejecting(() => commitAll(this.commitContext(), [], asList(aggregates).map(memberOf)))
  }

  /**
   * The events of one stream, fetched a page at a time; none if it does not exist.
   *
   * @example
   * for await (const event of store.readStream({ aggregateType: 'account', aggregateId: 'a' }, { direction: 'backward' })) …
   */
  readStream<Event extends RecordedEvent = RecordedEvent>(
    stream: StreamIdentity,
    options: ReadStreamOptions = {},
  ): AsyncIterable<Event> {
    assertStreamIdentity(stream)
    assertKnown('readStream', options, ['fromSequence', 'toVersion', 'toTime', 'direction', 'pageSize'])
    if (options.fromSequence !== undefined) assertWhole('fromSequence', options.fromSequence, 0)
    if (options.toVersion !== undefined) assertWhole('toVersion', options.toVersion, 0)
    if (options.pageSize !== undefined) assertWhole('pageSize', options.pageSize, 1)
    const { database, serializer } = this.core
    return readStream(
      database,
      serializer,
      this.host,
      stream,
      options,
    ) as AsyncIterable<unknown> as AsyncIterable<Event>
  }

  /**
   * Every event that was committed before the call, in the global order, fetched a page at a time. Never skips
   * an event, whatever commits meanwhile. To follow the feed, call it again after the last position.
   *
   * Throws `FeedStalledError` if an open transaction that appended events does not end in time.
   *
   * @example
   * for await (const event of store.readAll({ after: checkpoint, eventNames: ['money-deposited'] })) …
   */
  readAll<Event extends RecordedEvent = RecordedEvent>(options: ReadAllOptions = {}): AsyncIterable<Event> {
    assertReadAll(options)
    const { database, serializer } = this.core
    return readAll(database, serializer, this.host, options) as AsyncIterable<unknown> as AsyncIterable<Event>
  }

  /** The ids of all streams of one type, fetched a page at a time, in the database's order. */
  listStreams(aggregateType: string): AsyncIterable<string> {
    assertStreamIdentity({ aggregateType, aggregateId: 'any' })
    return listStreams(this.core.database, this.host, aggregateType)
  }

  /**
   * Runs work that loads, decides and commits, again and again while it loses against other writers or meets
   * transient faults of the database. Inside a host's transaction it runs once: only the host can begin anew.
   *
   * @example
   * await store.retryOnConflict(async () => {
   *   const account = (await accounts.load('acc-1'))!
   *   account.deposit({ amount: 100 })
   *   await accounts.commit(account)
   * })
   */
  retryOnConflict<Result>(
    work: (attempt: number) => Promise<Result>,
    policy: RetryPolicy = {},
  ): Promise<Result> {
    return rejecting(() => {
      assertKnown('retryOnConflict', policy, ['attempts', 'firstDelayMs', 'maxDelayMs'])
      if (policy.attempts !== undefined) assertWhole('attempts', policy.attempts, 1)
      if (policy.firstDelayMs !== undefined) assertMilliseconds('firstDelayMs', policy.firstDelayMs)
      if (policy.maxDelayMs !== undefined) assertMilliseconds('maxDelayMs', policy.maxDelayMs)
      return retryOnConflict(this.core.database, this.host, work, policy)
    })
  }

  /**
   * Calls the listener with every commit of this store that stored events, after the outermost transaction around
   * it has committed, in this process only. The commit does not wait for it; an error becomes a warning. Gives the
   * function that removes it.
   */
  onCommitted(listener: CommitListener): () => void {
    return this.core.listeners.add(listener)
  }

  /**
   * Verifies that the tables are there as the entities describe them, with their keys and guards. The first use
   * of the store does so by itself. Throws `SchemaError` with what to run.
   */
  verifySchema(): Promise<void> {
    return this.core.database.verifySchema(this.host)
  }

  private repositoryOf<A extends object>(definition: AggregateDefinition<A>): AggregateRepository<A> {
    const { database, serializer, onIgnoredSnapshot } = this.core
    const context: LoadContext = { database, serializer, host: this.host, onIgnoredSnapshot }
    return new AggregateRepository(this, context, definition, (host) =>
      this.within(host).repositoryOf(definition),
    )
  }

  private commitContext(): CommitContext {
    const { database, serializer, listeners, onLostSnapshot } = this.core
    return { database, serializer, host: this.host, listeners, onLostSnapshot }
  }
}

function asList<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

/** Makes an error thrown by checks of arguments a rejection, so that callers handle one kind. */
async function rejecting<Result>(work: () => Promise<Result>): Promise<Result> {
  return work()
}

/** A misspelt `events` would make an append a mere check, a misspelt `payload` would store null. */
function assertKnownAppend(append: StreamAppend): void {
  assertKnown('An append', append, ['aggregateType', 'aggregateId', 'expectedVersion', 'events'])
  for (const event of append.events ?? []) {
    assertKnown('An event', event, ['name', 'payload', 'version', 'metadata', 'codec'])
  }
}

function withCommon(stream: StreamAppend, common: Metadata): StreamAppend {
  if (stream.events === undefined || Object.keys(common).length === 0) return stream
  return {
    ...stream,
    events: stream.events.map((event) => ({ ...event, metadata: { ...common, ...event.metadata } })),
  }
}

function memberOf(aggregate: object): Member {
  const { definition } = journalOf(aggregate)
  if (definition === undefined) {
    throw new InvalidArgumentError(
      `This ${aggregate.constructor.name} did not come from a repository. Make it with repository.create(id) or load it.`,
    )
  }
  return { aggregate, definition }
}

function assertReadAll(options: ReadAllOptions): void {
  assertKnown('readAll', options, [
    'after',
    'from',
    'aggregateTypes',
    'eventNames',
    'metadata',
    'limit',
    'pageSize',
    'settleTimeoutMs',
  ])
  const { after, from, limit, pageSize, settleTimeoutMs, metadata = {} } = options
  if (after !== undefined && from !== undefined)
    throw new InvalidArgumentError(`Give readAll 'after' or 'from', not both.`)
  if (after !== undefined) assertWhole('after', after, 0)
  if (from !== undefined) assertWhole('from', from, 0)
  if (limit !== undefined) assertWhole('limit', limit, 1)
  if (pageSize !== undefined) assertWhole('pageSize', pageSize, 1)
  if (settleTimeoutMs !== undefined) assertMilliseconds('settleTimeoutMs', settleTimeoutMs)
  for (const [key, value] of Object.entries(metadata)) {
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) {
      throw new InvalidArgumentError(
        `readAll can filter metadata by strings, numbers, booleans and null; '${key}' is of type ${typeof value}.`,
      )
    }
  }
}

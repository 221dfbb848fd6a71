import type { DataSource } from 'typeorm'
import { AggregateRepository } from './aggregate-repository.js'
import type { AggregateDefinition } from './aggregate/aggregate-definition.js'
import type { AggregateClass } from './aggregate/class-definition.js'
import { FunctionalAggregateType } from './aggregate/functional-aggregate.js'
import type { FunctionalAggregate } from './aggregate/functional-aggregate.js'
import { commitAll } from './commit/commit-all.js'
import { isProcessed, purgeMarks } from './commit/processed-marks.js'
import { rejecting } from './commit/rejecting.js'
import { InvalidArgumentError } from './errors/index.js'
import { asList, EventStreams } from './event-streams.js'
import { handleOnce } from './handle-once.js'
import type { HandleOutcome } from './handle-once.js'
import type { LockOptions } from './locks/lock-options.js'
import type { LockedWork } from './locks/locks.js'
import type { Commit, NewEvent, RecordedEvent } from './model/event.js'
import type { ProcessedMark } from './model/message.js'
import type { StreamIdentity } from './model/stream-identity.js'
import { Outbox } from './outbox.js'
import { assertKnown, resolveOptions } from './options.js'
import type { EventStoreOptions } from './options.js'
import type { LoadContext } from './reading/load-aggregates.js'
import { reading } from './reading/read-stream.js'
import type { AggregateEventRow, AggregateSnapshotRow, OutboxMessageRow } from './runner/column-sources.js'
import { dataSourceOf } from './runner/host.js'
import type { Host } from './runner/host.js'
import { StoreCore } from './store-core.js'
import { memberOf, UnitOfWork } from './unit-of-work.js'
import type { AnyAggregate, UnitOfWorkOptions, UnitOfWorkResult } from './unit-of-work.js'

/**
 * Events of aggregates in the host's own database, through the host's own DataSource.
 *
 * - A commit is atomic and checks every stream's version; once it returned, it is durable.
 * - Nothing here opens, migrates or closes the DataSource; the first use verifies its schema.
 * - Its type parameters are the host's entities, if they add columns; TypeScript infers them from the options.
 *
 * @example
 * const store = new EventStore(dataSource)
 * const accounts = store.repository(Account)
 * const account = accounts.create('acc-1')
 * account.deposit({ amount: 100 })
 * await accounts.commit(account)
 */
export class EventStore<
  Event extends object = AggregateEventRow,
  Snapshot extends object = AggregateSnapshotRow,
  Message extends object = OutboxMessageRow,
> extends EventStreams<Event> {
  /** @internal */
  protected readonly core: StoreCore
  /** @internal */
  protected readonly host: Host | undefined = undefined

  constructor(
    readonly dataSource: DataSource,
    options: EventStoreOptions<Event, Snapshot, Message> = {},
  ) {
    super()
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
  within(host: Host): EventStore<Event, Snapshot, Message> {
    if (dataSourceOf(host) !== this.dataSource) {
      throw new InvalidArgumentError(
        'The manager or query runner given to within() belongs to another DataSource.',
      )
    }
    const bound = Object.create(EventStore.prototype) as EventStore<Event, Snapshot, Message>
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
  repository(aggregate: AnyAggregate): AggregateRepository<never> {
    const { definitions } = this.core
    const definition =
      aggregate instanceof FunctionalAggregateType
        ? definitions.ofFunctions(aggregate)
        : definitions.ofClass(aggregate as AggregateClass<object>)
    return this.repositoryOf(definition as AggregateDefinition<never>)
  }

  /**
   * Stores the pending events of one aggregate, or of several of any types atomically. Aggregates without pending
   * events are checked: the commit fails if somebody else moved them. If none has any, nothing happens.
   *
   * Throws `ConcurrentWriteError` if another writer was faster, and what `append` throws. After any failure
   * nothing is stored and every aggregate keeps its pending events.
   */
  commit(aggregates: object | readonly object[]): Promise<Commit> {
    return rejecting(() => this.commitEvents({ members: asList(aggregates).map(memberOf) }))
  }

  /**
   * Runs work that loads, decides and stages, and commits everything at once: aggregates, events, read-model rows, outbox
   * messages and processed marks. If the work throws, nothing is committed. With `retry`, it runs again while it loses
   * against other writers or meets transient faults, though never inside a host's transaction.
   *
   * Throws what the work throws, and what `UnitOfWork.commit` throws.
   *
   * @example
   * await store.unitOfWork(async (work) => {
   *   const account = await work.load(Account, 'acc-1')
   *   account!.deposit({ amount: 100 })
   *   work.patch(BalanceView, { id: 'acc-1' }, { balance: account!.balance })
   * }, { retry: {} })
   */
  unitOfWork<Result>(
    work: (unit: UnitOfWork) => Promise<Result> | Result,
    options: UnitOfWorkOptions = {},
  ): Promise<UnitOfWorkResult<Result>> {
    const run = async (): Promise<UnitOfWorkResult<Result>> => {
      const unit = this.beginUnitOfWork()
      const result = await work(unit)
      return { result, outcome: await unit.commit() }
    }
    return rejecting(() => {
      assertKnown('unitOfWork', options, ['retry'])
      return options.retry === undefined ? run() : this.retryOnConflict(run, options.retry)
    })
  }

  /** A unit of work to stage on and to commit by hand. */
  beginUnitOfWork(): UnitOfWork {
    const { database } = this.core
    return new UnitOfWork({
      rows: {
        entity: (target) => database.rowTables.of(target),
        flushes: false,
        find: (entity, key, relations) =>
          reading(
            database.connect(this.host, (connection) => connection.findRow(entity, key, relations, false)),
          ),
      },
      repository: (aggregate) => this.repository(aggregate as AggregateClass<object>),
      commit: (request) => commitAll(this.commitContext(), request),
    })
  }

  /**
   * Runs the work of a message at most once for each consumer: its effects and the mark that it was handled are
   * committed together. `'already-handled'`: the message was handled before, or by somebody else at the same time, and
   * nothing of the work was applied. Conflicts are retried, outside of a host's transaction.
   *
   * @example
   * await store.handleOnce({ consumer: 'transfers', messageId: message.id }, async (work) => {
   *   work.upsert(TransferView, { id: message.id, amount: message.amount })
   * })
   */
  handleOnce(
    message: ProcessedMark,
    work: (unit: UnitOfWork) => Promise<void> | void,
    options: UnitOfWorkOptions = {},
  ): Promise<HandleOutcome> {
    return rejecting(() => {
      assertKnown('handleOnce', options, ['retry'])
      const retry = options.retry ?? {}
      return handleOnce(
        (mark) => isProcessed(this.core.database, this.host, mark),
        (unit) => this.unitOfWork(unit, { retry }),
        message,
        work,
      )
    })
  }

  /**
   * A stored event as an instance of the class with its `@DomainEvent`: one that an aggregate declares whose repository was
   * asked for, or one of the option `eventClasses`. `undefined` if there is none. The class's constructor is not called.
   *
   * @example
   * store.onCommitted(({ events }) => bus.publishAll(events.flatMap((event) => store.toEventObject(event) ?? [])))
   */
  toEventObject(event: Pick<RecordedEvent, 'name' | 'version' | 'payload'>): object | undefined {
    return this.core.definitions.revive(event)
  }

  /** The messages that commits have stored to be published; `OutboxRelay` publishes them. */
  get outbox(): Outbox {
    const { database, serializer } = this.core
    return new Outbox(database, serializer.codecs, this.host)
  }

  /** Removes marks that are older, of one consumer or of all; gives how many. Their messages could be handled again. */
  purgeProcessedMessages({ before, consumer }: { before: Date; consumer?: string }): Promise<number> {
    return rejecting(() => purgeMarks(this.core.database, this.host, before, consumer))
  }

  /**
   * Runs work while nobody else holds the lock of any of these streams: in this process, or with `across: 'processes'` in
   * every process that asks likewise. For callers who would rather wait than retry; what keeps commits safe is their
   * version check. Throws `LockTimeoutError` if a lock is not free in time; the work is not begun then.
   *
   * @example
   * await store.withLock([{ aggregateType: 'account', aggregateId: 'acc-1' }], async () => { … }, { timeoutMs: 2_000 })
   */
  withLock<Result>(
    streams: StreamIdentity | readonly StreamIdentity[],
    work: LockedWork<Result>,
    options: LockOptions = {},
  ): Promise<Result> {
    return rejecting(() => this.core.locks.withLock(this.host, asList(streams), work, options))
  }

  private repositoryOf<A extends object>(definition: AggregateDefinition<A>): AggregateRepository<A> {
    const { database, serializer, onIgnoredSnapshot } = this.core
    const context: LoadContext = { database, serializer, host: this.host, onIgnoredSnapshot }
    return new AggregateRepository(
      this,
      context,
      definition,
      (stream, work, policy) => this.runInTurn(stream, work, policy),
      (host) => this.within(host).repositoryOf(definition),
    )
  }
}

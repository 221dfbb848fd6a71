import type { AggregateDefinition } from './aggregate/aggregate-definition.js'
import { journalOf } from './aggregate/journal.js'
import { currentMetadata } from './aggregate/metadata-scope.js'
import { NO_CHANGES } from './commit/changes.js'
import { commitChanges } from './commit/commit-changes.js'
import type { RetryPolicy } from './commit/retry-on-conflict.js'
import { captureSnapshot } from './commit/plan-aggregates.js'
import { assertStreamIdentity } from './commit/plan-changes.js'
import { AggregateNotFoundError, InvalidArgumentError } from './errors/index.js'
import type { EventStore } from './event-store.js'
import type { LockOptions } from './locks/lock-options.js'
import type { LockedWork } from './locks/locks.js'
import type { Commit } from './model/event.js'
import type { StreamIdentity } from './model/stream-identity.js'
import { assertKnown, assertWhole } from './options.js'
import { loadAggregates, versionToLoad } from './reading/load-aggregates.js'
import type { LoadContext, LoadOptions } from './reading/load-aggregates.js'
import type { Host } from './runner/host.js'

/** How to update an aggregate. */
export interface UpdateOptions {
  /** Makes the aggregate if it does not exist, instead of failing. @defaultValue false */
  readonly orCreate?: boolean
  /** How often and how patiently to run the work again. @defaultValue as for `retryOnConflict` */
  readonly retry?: RetryPolicy
}

/** Runs work that writes a stream again on conflicts, in turn with the others of this process. */
type RunInTurn = <Result>(
  stream: StreamIdentity,
  work: (attempt: number) => Promise<Result>,
  policy: RetryPolicy,
) => Promise<Result>

/** Makes, loads and commits the aggregates of one type. Get it from `store.repository(Account)`. */
export class AggregateRepository<A extends object> {
  /** @internal */
  constructor(
    private readonly store: EventStore,
    private readonly context: LoadContext,
    private readonly definition: AggregateDefinition<A>,
    private readonly inTurn: RunInTurn,
    private readonly sameWithin: (host: Host) => AggregateRepository<A>,
  ) {}

  /** The type under which the aggregates are stored. */
  get aggregateType(): string {
    return this.definition.aggregateType
  }

  /**
   * A new aggregate that is not stored yet. Committing it fails with `ConcurrentWriteError` if the id is taken.
   * Throws `InvalidStreamIdentityError` for an id that cannot name a stream.
   */
  create(aggregateId: string): A {
    assertStreamIdentity({ aggregateType: this.aggregateType, aggregateId })
    const aggregate = this.definition.create(aggregateId)
    journalOf(aggregate).identify(aggregateId, this.definition)
    return aggregate
  }

  /**
   * The aggregate as it is now, or as it was at a version or a time; `undefined` if it does not exist (yet).
   * Reads the newest usable snapshot and the events after it in one round trip.
   *
   * Throws `ReplayError` if a stored event cannot be decoded or applied.
   *
   * @example
   * const then = await accounts.load('acc-1', { time: new Date('2026-01-31T23:59:59Z') })
   */
  async load(aggregateId: string, options: LoadOptions = {}): Promise<A | undefined> {
    assertKnown('load', options, ['version', 'time'])
    if (options.version !== undefined) assertWhole('version', options.version, 0)
    const stream = { aggregateType: this.aggregateType, aggregateId }
    assertStreamIdentity(stream)
    const toVersion = await versionToLoad(this.context, stream, options)
    const [aggregate] = await loadAggregates(this.context, this.definition, [aggregateId], toVersion)
    return aggregate
  }

  /** Several aggregates in one round trip, in the order of the ids; those that do not exist are left out. */
  async loadMany(aggregateIds: readonly string[]): Promise<A[]> {
    for (const aggregateId of aggregateIds)
      assertStreamIdentity({ aggregateType: this.aggregateType, aggregateId })
    if (aggregateIds.length === 0) return []
    return loadAggregates(
      this.context,
      this.definition,
      aggregateIds,
      await versionToLoad(this.context, undefined, {}),
    )
  }

  /**
   * Stores the pending events of one aggregate, or of several atomically. The same as `store.commit()`.
   *
   * Throws `ConcurrentWriteError` if another writer was faster; the aggregates then keep their pending events.
   */
  commit(aggregates: A | readonly A[]): Promise<Commit> {
    return this.store.commit(aggregates)
  }

  /**
   * Loads an aggregate, runs work on it and commits what it recorded; gives what the work returned. Runs the work again,
   * on the aggregate as it is then, while it loses against other writers or meets transient faults. Callers of this
   * process take turns on the aggregate instead of colliding, so do not update it again inside of the work. Inside a host's
   * transaction it runs once.
   *
   * If the work throws, nothing is committed. Throws `AggregateNotFoundError` if there is no such aggregate, and what
   * `load` and `commit` throw.
   *
   * @example
   * const balance = await accounts.update('acc-1', (account) => {
   *   account.deposit({ amount: 100 })
   *   return account.balance
   * })
   */
  async update<Result>(
    aggregateId: string,
    work: (aggregate: A, attempt: number) => Promise<Result> | Result,
    options: UpdateOptions = {},
  ): Promise<Result> {
    assertKnown('update', options, ['orCreate', 'retry'])
    const { orCreate = false, retry = {} } = options
    const stream = { aggregateType: this.aggregateType, aggregateId }
    assertStreamIdentity(stream)
    const run = async (attempt: number): Promise<Result> => {
      const aggregate = (await this.load(aggregateId)) ?? (orCreate ? this.create(aggregateId) : undefined)
      if (aggregate === undefined) throw new AggregateNotFoundError(stream)
      const result = await work(aggregate, attempt)
      await this.store.commit(aggregate)
      return result
    }
    return this.inTurn(stream, run, retry)
  }

  /**
   * Stores a snapshot of an aggregate now. Throws `InvalidArgumentError` if it has events that are not committed
   * or its class declares no snapshots, and `InvalidPayloadError` if its state cannot be encoded.
   */
  async snapshot(aggregate: A): Promise<void> {
    const { aggregateType, snapshots } = this.definition
    const journal = journalOf(aggregate)
    if (snapshots === undefined) {
      throw new InvalidArgumentError(
        `'${aggregateType}' declares no snapshots. Add the option 'snapshots: {}' to it.`,
      )
    }
    if (journal.pending.length > 0 || journal.committedVersion === 0) {
      throw new InvalidArgumentError(
        `A snapshot holds what is committed. Commit this ${aggregateType} first.`,
      )
    }
    const definition = this.definition as unknown as AggregateDefinition<object>
    const { database, serializer } = this.context
    const metadata = currentMetadata() ?? {}
    const snapshot = captureSnapshot(database, { aggregate, definition }, serializer.codecs, metadata)
    const { snapshotVersion } = journal
    await commitChanges(
      { database, queue: undefined },
      this.context.host,
      { ...NO_CHANGES, snapshots: [snapshot] },
      {
        onCommit: () => undefined,
        onRollback: () => {
          journal.snapshotVersion = snapshotVersion
        },
      },
    )
    journal.snapshotVersion = snapshot.version
  }

  /**
   * Runs work while nobody else holds the lock of this aggregate, or of several; see `EventStore.withLock`.
   *
   * @example
   * await accounts.withLock('acc-1', async () => {
   *   const account = await accounts.load('acc-1')
   *   account!.deposit({ amount: 100 })
   *   await accounts.commit(account!)
   * })
   */
  withLock<Result>(
    aggregateIds: string | readonly string[],
    work: LockedWork<Result>,
    options: LockOptions = {},
  ): Promise<Result> {
    const { aggregateType } = this
    const ids = typeof aggregateIds === 'string' ? [aggregateIds] : aggregateIds
    return this.store.withLock(
      ids.map((aggregateId) => ({ aggregateType, aggregateId })),
      work,
      options,
    )
  }

  /** The ids of all aggregates of this type, fetched a page at a time, in the database's order. */
  listIds(): AsyncIterable<string> {
    return this.store.listStreams(this.aggregateType)
  }

  /** The same repository inside the host's transaction; see `EventStore.within`. */
  within(host: Host): AggregateRepository<A> {
    return this.sameWithin(host)
  }
}

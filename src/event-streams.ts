import { currentMetadata } from './aggregate/metadata-scope.js'
import { commitAll, NOTHING_REQUESTED } from './commit/commit-all.js'
import type { CommitContext, CommitOutcome, CommitRequest } from './commit/commit-all.js'
import type { CommitListener } from './commit/commit-listeners.js'
import { assertStreamIdentity } from './commit/plan-changes.js'
import { rejecting } from './commit/rejecting.js'
import { retryOnConflict } from './commit/retry-on-conflict.js'
import type { RetryPolicy } from './commit/retry-on-conflict.js'
import type { Commit, Metadata, RecordedEvent, StreamAppend } from './model/event.js'
import { streamIdOf } from './model/stream-identity.js'
import type { StreamIdentity } from './model/stream-identity.js'
import { assertKnown, assertRetryPolicy } from './options.js'
import { assertReadAll, assertReadStream } from './read-options.js'
import { listStreams } from './reading/list-streams.js'
import { readAll } from './reading/read-all.js'
import type { ReadAllOptions } from './reading/read-all.js'
import { readStream } from './reading/read-stream.js'
import type { ReadStreamOptions } from './reading/read-stream.js'
import type { AggregateEventRow, ColumnFilter, WithColumns } from './runner/column-sources.js'
import type { Host } from './runner/host.js'
import type { StoreCore } from './store-core.js'
import { withScope } from './unit-of-work.js'

/** The streams of a store, appended to and read without aggregates. Part of `EventStore`. */
export abstract class EventStreams<Entity extends object = AggregateEventRow> {
  /** @internal */
  protected abstract readonly core: StoreCore
  /** @internal */
  protected abstract readonly host: Host | undefined

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
      const metadata = { ...currentMetadata(), ...options.metadata }
      return this.commitEvents({
        appends: asList(streams).map((stream) => withScope(stream, metadata)),
        metadata,
      })
    })
  }

  /**
   * The events of one stream, fetched a page at a time; none if it does not exist.
   *
   * @example
   * for await (const event of store.readStream({ aggregateType: 'account', aggregateId: 'a' }, { direction: 'backward' })) …
   */
  readStream<Event extends RecordedEvent = RecordedEvent>(
    stream: StreamIdentity,
    options: ReadStreamOptions<Entity> = {},
  ): AsyncIterable<WithColumns<Event, Entity>> {
    assertStreamIdentity(stream)
    assertReadStream(options)
    const { database, serializer } = this.core
    return readStream(
      database,
      serializer,
      this.host,
      stream,
      options,
    ) as AsyncIterable<unknown> as AsyncIterable<WithColumns<Event, Entity>>
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
  readAll<Event extends RecordedEvent = RecordedEvent>(
    options: ReadAllOptions<Entity> = {},
  ): AsyncIterable<WithColumns<Event, Entity>> {
    assertReadAll(options)
    const { database, serializer } = this.core
    return readAll(database, serializer, this.host, options) as AsyncIterable<unknown> as AsyncIterable<
      WithColumns<Event, Entity>
    >
  }

  /**
   * The ids of all streams of one type, fetched a page at a time, in the database's order. `where`: only those whose first
   * event has these values in columns that the host added.
   */
  listStreams(
    aggregateType: string,
    options: { readonly where?: ColumnFilter<Entity> } = {},
  ): AsyncIterable<string> {
    assertStreamIdentity({ aggregateType, aggregateId: 'any' })
    assertKnown('listStreams', options, ['where'])
    return listStreams(this.core.database, this.host, aggregateType, options.where)
  }

  /**
   * Runs work that loads, decides and commits, again and again while it loses against other writers or meets
   * transient faults of the database. Callers of this process that lost a stream take turns on it. Inside
   * a host's transaction it runs once: only the host can begin anew. For one aggregate, `repository.update` is shorter.
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
      assertRetryPolicy(policy)
      return retryOnConflict(this.core, this.host, work, policy)
    })
  }

  /** The same for work that writes a stream, on which callers of this process take turns from the start. @internal */
  protected runInTurn<Result>(
    stream: StreamIdentity,
    work: (attempt: number) => Promise<Result>,
    policy: RetryPolicy,
  ): Promise<Result> {
    return rejecting(() => {
      assertRetryPolicy(policy)
      return retryOnConflict(this.core, this.host, work, policy, streamIdOf(stream))
    })
  }

  /**
   * Calls the listener with every commit of this store that stored events or outbox messages, after the outermost transaction around
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

  /** @internal */
  protected commitEvents(request: Partial<CommitRequest>): Promise<Commit> {
    // Only units of work with marks are ever skipped.
    return commitAll(this.commitContext(), { ...NOTHING_REQUESTED, ...request }).then(
      (outcome) => (outcome as CommitOutcome & { kind: 'committed' }).commit,
    )
  }

  /** @internal */
  protected commitContext(): CommitContext {
    const { database, queue, serializer, listeners, projections, onLostSnapshot } = this.core
    return { database, queue, serializer, host: this.host, listeners, projections, onLostSnapshot }
  }
}

export function asList<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

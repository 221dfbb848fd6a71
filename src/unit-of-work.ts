import type { AggregateClass } from './aggregate/class-definition.js'
import type { FunctionalAggregate, FunctionalAggregateType } from './aggregate/functional-aggregate.js'
import { journalOf } from './aggregate/journal.js'
import type { KeepsEvents } from './aggregate/kept-events.js'
import { currentMetadata } from './aggregate/metadata-scope.js'
import type { CommitOutcome, CommitRequest } from './commit/commit-all.js'
import type { Member } from './commit/plan-aggregates.js'
import type { RetryPolicy } from './commit/retry-on-conflict.js'
import type { OutgoingMessage } from './commit/plan-messages.js'
import { InvalidArgumentError } from './errors/index.js'
import type { Metadata, NewEvent, StreamAppend } from './model/event.js'
import type { NewOutboxMessage, ProcessedMark } from './model/message.js'
import { streamIdOf } from './model/stream-identity.js'
import { assertKnown } from './options.js'
import { ReadModelRows } from './read-model/read-model-rows.js'
import { alreadyCommitted } from './read-model/row-plan.js'
import type { RowSource } from './read-model/row-plan.js'

/** What a unit of work needs of a repository. */
interface Aggregates {
  readonly aggregateType: string
  create(id: string): object
  loadMany(ids: readonly string[]): Promise<object[]>
}

/** What a unit of work needs of its store. */
export interface UnitOfWorkContext {
  readonly rows: RowSource
  repository(aggregate: AnyAggregate): Aggregates
  commit(request: CommitRequest): Promise<CommitOutcome>
}

/** How to run a unit of work. */
export interface UnitOfWorkOptions {
  /** Runs the work again on conflicts and transient faults. @defaultValue it runs once */
  readonly retry?: RetryPolicy
}

/** What a unit of work did. */
export interface UnitOfWorkResult<Result> {
  /** What the work returned. */
  readonly result: Result
  readonly outcome: CommitOutcome
}

/** An aggregate class, or an aggregate made of functions. */
export type AnyAggregate =
  AggregateClass<object> | AggregateClass<KeepsEvents> | FunctionalAggregateType<unknown, NewEvent>

/**
 * Collects aggregates of any types, appended events, read-model changes, outbox messages and processed marks, and
 * commits them once: all of it becomes visible together, or nothing. The order of staging means nothing. Get it from
 * `store.unitOfWork()` or `store.beginUnitOfWork()`; it serves one commit.
 *
 * @example
 * await store.unitOfWork(async (work) => {
 *   const [from, to] = await work.load(Account, ['acc-1', 'acc-2'])
 *   from!.withdraw({ amount: 30 })
 *   to!.deposit({ amount: 30 })
 *   work.upsert(BalanceView, { id: 'acc-1', balance: from!.balance })
 *   work.send({ type: 'money-moved', payload: { amount: 30 } })
 * })
 */
export class UnitOfWork extends ReadModelRows {
  private readonly members = new Map<object, Member>()
  private readonly byStream = new Map<string, object>()
  private readonly appends: StreamAppend[] = []
  private readonly messages: OutgoingMessage[] = []
  private readonly marks: ProcessedMark[] = []
  private committing = false

  /** @internal */
  constructor(private readonly context: UnitOfWorkContext) {
    super(context.rows)
  }

  /**
   * Loads an aggregate, or several in one query, as part of this unit of work: the commit fails if somebody else moves
   * one of them, also one that stays unchanged. `undefined` for one that does not exist; several leave the missing
   * out. Asked again for the same one, gives the same instance.
   */
  load<A extends object>(aggregate: AggregateClass<A>, id: string): Promise<A | undefined>
  load<A extends object>(aggregate: AggregateClass<A>, ids: readonly string[]): Promise<A[]>
  load<State, Event extends NewEvent>(
    aggregate: FunctionalAggregateType<State, Event>,
    id: string,
  ): Promise<FunctionalAggregate<State, Event> | undefined>
  load<State, Event extends NewEvent>(
    aggregate: FunctionalAggregateType<State, Event>,
    ids: readonly string[],
  ): Promise<FunctionalAggregate<State, Event>[]>
  async load(aggregate: AnyAggregate, ids: string | readonly string[]): Promise<unknown> {
    this.assertOpen()
    const repository = this.context.repository(aggregate)
    const { aggregateType } = repository
    const known = (id: string): object | undefined =>
      this.byStream.get(streamIdOf({ aggregateType, aggregateId: id }))
    const wanted = typeof ids === 'string' ? [ids] : [...new Set(ids)]
    const loaded = await repository.loadMany(wanted.filter((id) => known(id) === undefined))
    // Another call may have loaded one of them meanwhile: the first instance stays.
    this.add(...loaded.filter((one) => known(journalOf(one).aggregateId!) === undefined))
    const found = wanted.flatMap((id) => known(id) ?? [])
    return typeof ids === 'string' ? found[0] : found
  }

  /** A new aggregate that is part of this unit of work; the commit fails if its id is taken. */
  create<A extends object>(aggregate: AggregateClass<A>, id: string): A
  create<State, Event extends NewEvent>(
    aggregate: FunctionalAggregateType<State, Event>,
    id: string,
  ): FunctionalAggregate<State, Event>
  create(aggregate: AnyAggregate, id: string): unknown {
    const created = this.context.repository(aggregate).create(id)
    this.add(created)
    return created
  }

  /** Makes aggregates part of this unit of work that a repository has loaded or created. */
  add(...aggregates: readonly object[]): void {
    this.assertOpen()
    for (const aggregate of aggregates) {
      const member = memberOf(aggregate)
      this.members.set(aggregate, member)
      const aggregateId = journalOf(aggregate).aggregateId!
      this.byStream.set(
        streamIdOf({ aggregateType: member.definition.aggregateType, aggregateId }),
        aggregate,
      )
    }
  }

  /** Appends events to a stream without an aggregate; without events, the stream is only checked. */
  append(stream: StreamAppend): void {
    this.assertOpen()
    this.appends.push(withScope(stream))
  }

  /**
   * Stores a message in the outbox, to be published after the commit. It is stamped with the type, id and version of
   * `source`, or of the unit's only aggregate.
   */
  send(message: NewOutboxMessage, { source }: { readonly source?: object } = {}): void {
    this.assertOpen()
    assertKnown('An outbox message', message, MESSAGE_PROPERTIES)
    this.messages.push({
      message,
      source: source === undefined ? undefined : memberOf(source),
      metadata: currentMetadata() ?? {},
    })
  }

  /**
   * Marks a message as handled by a consumer. If it is marked already, a unit of work without aggregates and events is
   * skipped, and one with them fails with `DuplicateMessageError`; nothing of it is applied either way.
   */
  processed(consumer: string, messageId: string): void {
    this.assertOpen()
    this.marks.push({ consumer, messageId })
  }

  /**
   * Commits everything, once. Throws `ConcurrentWriteError`, `ReadModelConflictError`, `ReadModelNotFoundError`,
   * `ReadModelPlanError`, `DuplicateMessageError`, `DuplicateOutboxMessageError` and what `EventStore.append` throws:
   * then nothing is written, and every aggregate keeps its pending events. A unit that failed can be committed again.
   */
  async commit(): Promise<CommitOutcome> {
    this.assertOpen()
    this.committing = true
    this.plan.close()
    try {
      return await this.context.commit({
        appends: this.appends,
        members: [...this.members.values()],
        messages: this.messages,
        marks: this.marks,
        rows: () => this.plan.operations,
      })
    } catch (error) {
      this.committing = false
      this.plan.reopen()
      throw error
    }
  }

  private assertOpen(): void {
    if (this.committing) throw alreadyCommitted()
  }
}

const MESSAGE_PROPERTIES = [
  'messageId',
  'type',
  'payload',
  'destination',
  'metadata',
  'availableAt',
  'codec',
  'correlationId',
  'causationId',
] as const satisfies readonly (keyof NewOutboxMessage)[]

/** What committing an aggregate takes. Throws for one that did not come from a repository. */
export function memberOf(aggregate: object): Member {
  const { definition } = journalOf(aggregate)
  if (definition === undefined) {
    throw new InvalidArgumentError(
      `This ${aggregate.constructor.name} did not come from a repository. Make it with repository.create(id) or load it.`,
    )
  }
  return { aggregate, definition }
}

/** Refuses a misspelt `events`, which would make an append a mere check; adds the metadata of the scope. */
export function withScope(stream: StreamAppend, metadata: Metadata = currentMetadata() ?? {}): StreamAppend {
  assertKnown('An append', stream, ['aggregateType', 'aggregateId', 'expectedVersion', 'events'])
  for (const event of stream.events ?? []) {
    assertKnown('An event', event, ['name', 'payload', 'version', 'metadata', 'codec'])
  }
  if (stream.events === undefined || Object.keys(metadata).length === 0) return stream
  return {
    ...stream,
    events: stream.events.map((event) => ({ ...event, metadata: { ...metadata, ...event.metadata } })),
  }
}

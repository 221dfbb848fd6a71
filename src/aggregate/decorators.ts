import { InvalidArgumentError } from '../errors/index.js'
import { problemWithName } from '../model/stream-identity.js'
import type { AggregateOptions } from './aggregate-definition.js'
import { declareAggregate, declareApplier, declaredEvent, declareEvent } from './declarations.js'
import type { EventClass, EventOptions } from './declarations.js'
import { journalOf } from './journal.js'

/** Settings of an aggregate class. */
export interface AggregateClassOptions extends AggregateOptions {
  /** Event classes that the aggregate records without a method that applies them. */
  readonly events?: readonly EventClass[]
}

/**
 * Names an aggregate class. The type is stored with every event: choose a durable name and keep it, whatever
 * the class is called.
 *
 * @example
 * @Aggregate('account', { snapshots: { every: 100 } })
 * class Account extends AggregateRoot { … }
 */
export function Aggregate(aggregateType: string, options: AggregateClassOptions = {}): ClassDecorator {
  const problem = problemWithName(aggregateType)
  if (problem !== undefined) throw new InvalidArgumentError(`The type given to @Aggregate ${problem}.`)
  const { events = [], ...rest } = options
  return (target) => declareAggregate(target, { ...rest, aggregateType, events })
}

/**
 * Names an event class. Its own properties are the payload.
 *
 * @example
 * @DomainEvent('money-deposited')
 * class MoneyDeposited { constructor(readonly amount: number) {} }
 */
export function DomainEvent(
  name: string,
  options: EventOptions = {},
): <E extends object>(target: EventClass<E>) => void {
  return (target) =>
    declareEvent(target, { name, version: options.version ?? 1, codec: options.codec, eventClass: target })
}

/**
 * Marks the method that applies an event class to the state: called by `record()` and on replay. It must not
 * refuse and must not record.
 *
 * @example
 * @Applies(MoneyDeposited)
 * protected onDeposited(event: MoneyDeposited): void { this.balance += event.amount }
 */
export function Applies<E extends object>(
  eventClass: EventClass<E>,
): (
  prototype: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<(event: E) => void>,
) => void {
  return (prototype, key) => {
    const event = declaredEvent(eventClass)
    if (event === undefined) {
      throw new InvalidArgumentError(
        `@Applies(${eventClass.name}) on ${String(key)}: the class has no @DomainEvent('name').`,
      )
    }
    declareApplier(prototype, { event, key })
  }
}

/** Settings of a sourced method. */
export interface RecordsOptions<A, Payload> extends EventOptions {
  /** The guard: if it returns false, a live call does nothing and records nothing. Not asked on replay. */
  readonly when?: (aggregate: A, payload: Payload) => boolean
}

/**
 * Makes a method the event itself. Called live, it asks its guard, runs, and records its argument as the
 * payload; an error that it throws records nothing. On replay it runs with the stored payload and records
 * nothing. It takes one argument or none, and must not be async. Called by another sourced method it just runs,
 * because replaying the outer one will call it again.
 *
 * @example
 * @Records('money-withdrawn', { when: (account: Account, e) => account.balance >= e.amount })
 * withdraw(e: { amount: number }): void { this.balance -= e.amount }
 */
export function Records<A extends object = object, Payload = never>(
  name: string,
  options: RecordsOptions<A, Payload> = {},
): <Method extends (payload: Payload) => unknown>(
  prototype: A,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void {
  return <Method extends (payload: Payload) => unknown>(
    prototype: A,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ) => {
    const method = descriptor.value as (this: A, payload: Payload) => unknown
    const event = { name, version: options.version ?? 1, codec: options.codec, eventClass: undefined }
    declareApplier(prototype, { event, key })
    const sourced = function (this: A, payload: Payload): unknown {
      const journal = journalOf(this)
      const replayed = journal.takeReplay(name)
      if (!replayed && options.when !== undefined && !options.when(this, payload)) return undefined
      if (journal.applying) return method.call(this, payload)
      const result = journal.applyWith(() => method.call(this, payload))
      if (result instanceof Promise) {
        throw new InvalidArgumentError(
          `The sourced method '${String(key)}' is async. Replay cannot wait: do what is asynchronous before calling it.`,
        )
      }
      journal.record({ name, version: event.version, payload })
      return result
    }
    descriptor.value = sourced as Method
  }
}

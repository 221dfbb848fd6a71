import { InvalidArgumentError } from '../errors/index.js'
import { problemWithName } from '../model/stream-identity.js'
import type { AggregateOptions } from './aggregate-definition.js'
import { copyPayload } from './copy-plain.js'
import { declareAggregate, declareApplier, declaredEvent, declareEvent } from './declarations.js'
import type { EventOptions } from './declarations.js'
import type { EventClass } from './event-class.js'
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
): <Method extends (event: E) => void>(
  prototype: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void {
  return (prototype, key) => {
    assertLegacyDecorators(key)
    const event = declaredEvent(eventClass)
    if (event === undefined) {
      throw new InvalidArgumentError(
        `@Applies(${eventClass.name}) on ${String(key)}: the class has no @DomainEvent('name').`,
      )
    }
    declareApplier({ event, key, prototype })
  }
}

/** Settings of a sourced method. */
export interface RecordsOptions<A, Payload> extends EventOptions {
  /**
   * The guard: if it returns false, a live call does nothing and records nothing. It may look at nothing but the
   * aggregate's state and the payload. A replayed event does not ask it again.
   */
  readonly when?: (aggregate: A, payload: Payload) => boolean
}

/** What `@Records` can decorate: one argument or none, which the guard takes as well, and nothing asynchronous. */
type Recordable<
  Method extends (payload: never) => unknown,
  Payload,
> = number extends Parameters<Method>['length']
  ? never
  : Parameters<Method> extends readonly [] | readonly [unknown] | readonly [unknown?]
    ? [ReturnType<Method>] extends [PromiseLike<unknown>]
      ? never
      : [unknown] extends [Payload]
        ? Method
        : Parameters<Method> extends readonly []
          ? never
          : [Parameters<Method>[0]] extends [Payload]
            ? Method
            : never
    : never

/**
 * Makes a method the event itself. Called live, it asks its guard, runs, and records its argument as the
 * payload; an error that it throws records nothing. On replay it runs with the stored payload and records
 * nothing. It takes one argument or none, never null, and must not be async. Called by another sourced method it
 * just runs, because replaying the outer one will call it again.
 *
 * @example
 * @Records('money-withdrawn', { when: (account: Account, e: { amount: number }) => account.balance >= e.amount })
 * withdraw(e: { amount: number }): void { this.balance -= e.amount }
 */
export function Records<A extends object = object, Payload = unknown>(
  name: string,
  options: RecordsOptions<A, Payload> = {},
): <Method extends (payload: never) => unknown>(
  prototype: A,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method> & TypedPropertyDescriptor<Recordable<Method, Payload>>,
) => void {
  return (prototype, key, descriptor) => {
    assertLegacyDecorators(key)
    const method = descriptor.value as unknown as (this: A, payload: Payload) => unknown
    const event = { name, version: options.version ?? 1, codec: options.codec, eventClass: undefined }
    declareApplier({ event, key, prototype })
    const sourced = function (this: A, payload: Payload): unknown {
      const journal = journalOf(this)
      const replayed = journal.takeReplay(name)
      if (!replayed && options.when !== undefined && !options.when(this, payload)) return undefined
      if (journal.applying) return method.call(this, payload)
      if (payload === null) {
        throw new InvalidArgumentError(
          `'${String(key)}' was called with null. Leave the argument out, or wrap it in an object.`,
        )
      }
      // Two copies: the method may change what it is given, or keep it as state that changes later.
      const recorded = copyPayload(payload)
      const result = journal.applyWith(() => method.call(this, copyPayload(payload) as Payload))
      if (isThenable(result)) {
        result.then(undefined, () => undefined)
        throw new InvalidArgumentError(
          `The sourced method '${String(key)}' is async. Replay cannot wait: do what is asynchronous before calling it.`,
        )
      }
      journal.record({ name, version: event.version, payload: recorded })
      return result
    }
    Object.assign(descriptor, { value: sourced })
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** The standard decorators of newer compilers get a context object where these get the method's name. */
function assertLegacyDecorators(key: unknown): void {
  if (typeof key === 'object') {
    throw new InvalidArgumentError(
      `Set "experimentalDecorators": true in tsconfig.json: TypeORM and this module use TypeScript's own decorators.`,
    )
  }
}

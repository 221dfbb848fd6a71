import { Inject } from '@nestjs/common'
import type { InjectionToken } from '@nestjs/common'
import { EventStore, InvalidArgumentError } from '../index.js'
import type { AggregateClass, FunctionalAggregateType, KeepsEvents } from '../index.js'
import { DEFAULT_NAME } from './store-names.js'

/** A class of aggregates, or what `defineAggregate` gives. */
export type AnyAggregate =
  | AggregateClass<object>
  | AggregateClass<KeepsEvents>
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- State and Event are in parameters, so unknown would take none
  | FunctionalAggregateType<any, any>

/** The token of a store: the class `EventStore` itself for the one without a name. */
export function getEventStoreToken(name: string = DEFAULT_NAME): InjectionToken<EventStore> {
  return name === DEFAULT_NAME ? EventStore : `${name}EventStore`
}

const repositoryTokens = new WeakMap<object, Map<string, symbol>>()

/** The token of the repository that `SourcedModule.forFeature` provides; for `overrideProvider` and `app.get` in tests. */
export function getAggregateRepositoryToken(
  aggregate: AnyAggregate,
  name: string = DEFAULT_NAME,
): InjectionToken {
  assertImported(aggregate, 'getAggregateRepositoryToken')
  const tokens = repositoryTokens.get(aggregate) ?? new Map<string, symbol>()
  repositoryTokens.set(aggregate, tokens)
  const token = tokens.get(name) ?? Symbol(`${name}AggregateRepository(${nameOf(aggregate)})`)
  tokens.set(name, token)
  return token
}

/**
 * Injects a store. The one without a name needs no decorator: its class `EventStore` is its token.
 *
 * @example
 * constructor(@InjectEventStore('ledger') private readonly store: EventStore) {}
 */
export function InjectEventStore(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getEventStoreToken(name))
}

/**
 * Injects the repository of an aggregate that `SourcedModule.forFeature` names.
 *
 * @example
 * constructor(@InjectAggregateRepository(Account) private readonly accounts: AggregateRepository<Account>) {}
 */
export function InjectAggregateRepository(
  aggregate: AnyAggregate,
  name?: string,
): PropertyDecorator & ParameterDecorator {
  return Inject(getAggregateRepositoryToken(aggregate, name))
}

/** Files that import each other in a circle see each other's classes as undefined at first. */
export function assertImported(aggregate: unknown, where: string): void {
  if (aggregate !== undefined && aggregate !== null) return
  throw new InvalidArgumentError(
    `${where} was given no aggregate. If two files import each other, move what both need into a third one.`,
  )
}

export function nameOf(aggregate: AnyAggregate): string {
  return typeof aggregate === 'function' ? aggregate.name : 'of functions'
}

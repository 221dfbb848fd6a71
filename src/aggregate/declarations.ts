import type { AggregateOptions } from './aggregate-definition.js'
import type { EventClass } from './event-class.js'

/** Settings of one event, wherever it is declared. */
export interface EventOptions {
  /** The schema version of the payload. @defaultValue 1 */
  readonly version?: number
  /** The label of the codec that encodes the payload. @defaultValue the aggregate's */
  readonly codec?: string
}

/** What a decorator noted about one method that applies an event. */
export interface Applier {
  readonly event: DeclaredEvent
  /** The method's name; `undefined` if nothing is to be done. */
  readonly key: string | symbol | undefined
  /** The prototype that has the method. */
  readonly prototype: object
}

/** One event as declared: by its class, or by the method that records it. */
export interface DeclaredEvent {
  readonly name: string
  readonly version: number
  readonly codec: string | undefined
  readonly eventClass: EventClass | undefined
}

/** What `@Aggregate` noted about a class. */
export interface DeclaredAggregate extends AggregateOptions {
  readonly aggregateType: string
  readonly events: readonly EventClass[]
}

const aggregates = new WeakMap<object, DeclaredAggregate>()
const events = new WeakMap<object, DeclaredEvent>()
const appliers = new WeakMap<object, Applier[]>()

export function declareAggregate(target: object, declared: DeclaredAggregate): void {
  aggregates.set(target, declared)
}

export function declaredAggregate(target: object): DeclaredAggregate | undefined {
  return aggregates.get(target)
}

export function declareEvent(target: EventClass, declared: DeclaredEvent): void {
  events.set(target, declared)
}

export function declaredEvent(target: object): DeclaredEvent | undefined {
  return events.get(target)
}

export function declareApplier(applier: Applier): void {
  const { prototype } = applier
  appliers.set(prototype, [...(appliers.get(prototype) ?? []), applier])
}

/** The appliers of a prototype and of what it inherits from; an event declared again by a subclass is the subclass's. */
export function declaredAppliers(prototype: object): Applier[] {
  const found: Applier[] = []
  for (
    let link: object | null = prototype;
    link !== null;
    link = Object.getPrototypeOf(link) as object | null
  ) {
    const overridden = new Set(found.map(({ event }) => event.name))
    found.push(...(appliers.get(link) ?? []).filter(({ event }) => !overridden.has(event.name)))
  }
  return found
}

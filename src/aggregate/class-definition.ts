import { InvalidArgumentError } from '../errors/index.js'
import { assertEventName } from '../serialization/event-serializer.js'
import { EventMismatch } from './aggregate-definition.js'
import type { AggregateDefinition } from './aggregate-definition.js'
import { assignOwn } from './copy-plain.js'
import { declaredAggregate, declaredAppliers, declaredEvent } from './declarations.js'
import type { Applier, DeclaredAggregate, DeclaredEvent } from './declarations.js'
import type { EventClass } from './event-class.js'
import { journalOf } from './journal.js'
import { autoCommits, keepsEvents } from './kept-events.js'
import type { KeepsEvents } from './kept-events.js'

/**
 * A class that a repository can make instances of: constructible without arguments. One that extends another library's
 * aggregate root may take its id, and nothing else.
 */
export type AggregateClass<A extends object> =
  (new () => A) | (A extends KeepsEvents ? new (aggregateId: string) => A : never)

/** What an aggregate class may define to say itself what a snapshot contains. */
interface Snapshotted {
  toSnapshot?(): unknown
  fromSnapshot?(payload: unknown): void
}

const definitions = new WeakMap<object, AggregateDefinition<object>>()

/** Compiles the decorators of a class, once; throws `InvalidArgumentError` if they contradict each other. */
export function classDefinition<A extends object>(target: AggregateClass<A>): AggregateDefinition<A> {
  let definition = definitions.get(target)
  if (definition === undefined)
    definitions.set(target, (definition = compile(target as AggregateClass<object>)))
  return definition as AggregateDefinition<A>
}

function compile(target: AggregateClass<object>): AggregateDefinition<object> {
  const declared = declaredAggregate(target)
  if (declared === undefined) {
    throw new InvalidArgumentError(
      `${target.name} has no @Aggregate('type'). The type is stored with every event, so it is never taken from the class name.`,
    )
  }
  const appliers = appliersOf(target, declared)
  const keeps = keepsEvents(target.prototype as object)
  if (keeps) assertAppliesItself(target, appliers)
  const methods = methodsOf(target, appliers)
  const eventOf = (name: string): DeclaredEvent | undefined => appliers.get(name)?.event
  return {
    aggregateType: declared.aggregateType,
    codec: declared.codec,
    snapshots: declared.snapshots,
    eventVersions: new Map([...appliers.values()].map(({ event }) => [event.name, event.version])),
    eventClasses: new Map(
      [...appliers.values()].flatMap(({ event }) =>
        event.eventClass === undefined ? [] : [[event.name, event.eventClass]],
      ),
    ),
    create: (aggregateId) => {
      const aggregate = instanceOf(target, keeps, aggregateId)
      if (keepsEvents(aggregate) && aggregate.autoCommit === true) throw autoCommits(aggregate)
      return aggregate
    },
    apply: (aggregate, event) => {
      const applier = appliers.get(event.name)
      if (applier === undefined) throw new EventMismatch(`${target.name} declares no event '${event.name}'`)
      if (applier.event.version !== event.version) {
        throw new EventMismatch(
          `${target.name} declares version ${applier.event.version} of '${event.name}', not ${event.version}; ` +
            `register an upcaster from the older to the newer`,
        )
      }
      if (keeps) {
        const applied = reviveEvent(applier.event.eventClass!, event.payload)
        ;(aggregate as unknown as KeepsEvents).loadFromHistory([applied])
        return
      }
      const method = methods.get(event.name)
      if (method === undefined) return
      const argument = revive(applier.event, event.payload)
      journalOf(aggregate).replay(event.name, () => method.call(aggregate, argument))
    },
    capture: (aggregate) => (aggregate as Snapshotted).toSnapshot?.() ?? stateOf(aggregate, keeps),
    restore: (payload, aggregateId) => {
      const aggregate: Snapshotted = instanceOf(target, keeps, aggregateId)
      if (aggregate.fromSnapshot === undefined) restoreState(aggregate, payload)
      else aggregate.fromSnapshot(payload)
      return aggregate
    },
    complete: (event) => {
      const codec = eventOf(event.name)?.codec ?? declared.codec
      return codec === undefined ? event : { ...event, codec }
    },
  }
}

function appliersOf(target: AggregateClass<object>, declared: DeclaredAggregate): Map<string, Applier> {
  const byName = new Map<string, Applier>()
  const unapplied = declared.events.map((eventClass): Applier => {
    const event = declaredEvent(eventClass)
    if (event === undefined) throw new InvalidArgumentError(`${eventClass.name} has no @DomainEvent('name').`)
    return { event, key: undefined, prototype: target.prototype as object }
  })
  for (const applier of [...declaredAppliers(target.prototype as object), ...unapplied]) {
    const { name, version } = applier.event
    assertEventName(name)
    if (!Number.isSafeInteger(version) || version < 1) {
      throw new InvalidArgumentError(
        `Event '${name}' of ${target.name} has version ${version}; it has to be 1, 2, 3 …`,
      )
    }
    if (byName.has(name)) throw new InvalidArgumentError(`${target.name} declares the event '${name}' twice.`)
    byName.set(name, applier)
  }
  return byName
}

/** Only aggregates of other libraries get their id, and only if the constructor asks for something. */
function instanceOf(target: AggregateClass<object>, keeps: boolean, aggregateId: string): object {
  if (!keeps || target.length === 0) return new target()
  return Reflect.construct(target, [aggregateId]) as object
}

/** An aggregate of another library has symbols and functions of that library's beside its state. */
function stateOf(aggregate: object, keeps: boolean): object {
  if (!keeps) return { ...aggregate }
  return Object.fromEntries(Object.entries(aggregate).filter(([, value]) => typeof value !== 'function'))
}

/** Its own `apply` would not call methods that are declared here. */
function assertAppliesItself(target: AggregateClass<object>, appliers: ReadonlyMap<string, Applier>): void {
  const method = [...appliers.values()].find(({ key }) => key !== undefined)
  if (method !== undefined) {
    throw new InvalidArgumentError(
      `${target.name} extends an aggregate root that keeps and applies its events itself, which never calls '${String(method.key)}'. ` +
        `List its event classes in @Aggregate's option 'events' instead of using @Records or @Applies.`,
    )
  }
}

/** A property that was undefined is missing in the snapshot; its initial value must not come back. */
function restoreState(aggregate: object, payload: unknown): void {
  assignOwn(aggregate, payload)
  for (const key of Object.keys(aggregate)) {
    const isState = typeof (aggregate as Record<string, unknown>)[key] !== 'function'
    if (isState && !Object.hasOwn(payload as object, key)) Object.assign(aggregate, { [key]: undefined })
  }
}

type Method = (this: object, argument: unknown) => unknown

/**
 * The methods that apply events, found once a class: the one that a subclass overrides an event's method with,
 * unless that one was declared to be another event.
 */
function methodsOf(
  target: AggregateClass<object>,
  appliers: ReadonlyMap<string, Applier>,
): ReadonlyMap<string, Method> {
  const prototype = target.prototype as object
  const nearest = declaredAppliers(prototype)
  const methods = new Map<string, Method>()
  for (const [name, applier] of appliers) {
    const { key } = applier
    if (key === undefined) continue
    const overridden = nearest.find((other) => other.key === key)?.event.name !== name
    const holder = overridden ? applier.prototype : prototype
    methods.set(name, (holder as Record<string | symbol, Method>)[key]!)
  }
  return methods
}

/** What the applying method gets: an instance of the event's class, or the sourced method's argument. */
function revive({ eventClass }: DeclaredEvent, payload: unknown): unknown {
  return eventClass === undefined ? (payload ?? undefined) : reviveEvent(eventClass, payload)
}

/** An instance of an event class with a stored payload's properties; its constructor is not called. */
export function reviveEvent(eventClass: EventClass, payload: unknown): object {
  if (payload instanceof eventClass) return payload
  return assignOwn(Object.create(eventClass.prototype as object) as object, payload)
}

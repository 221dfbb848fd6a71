import { InvalidArgumentError } from '../errors/index.js'
import { assertEventName } from '../serialization/event-serializer.js'
import { EventMismatch } from './aggregate-definition.js'
import type { AggregateDefinition } from './aggregate-definition.js'
import { declaredAggregate, declaredAppliers, declaredEvent } from './declarations.js'
import type { Applier, DeclaredAggregate, DeclaredEvent } from './declarations.js'
import { journalOf } from './journal.js'

/** A class that a repository can make instances of: constructible without arguments. */
export type AggregateClass<A extends object> = new () => A

/** What an aggregate class may define to say itself what a snapshot contains. */
interface Snapshotted {
  toSnapshot?(): unknown
  fromSnapshot?(payload: unknown): void
}

const definitions = new WeakMap<object, AggregateDefinition<object>>()

/** Compiles the decorators of a class, once; throws `InvalidArgumentError` if they contradict each other. */
export function classDefinition<A extends object>(target: AggregateClass<A>): AggregateDefinition<A> {
  let definition = definitions.get(target)
  if (definition === undefined) definitions.set(target, (definition = compile(target)))
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
    create: () => new target(),
    apply: (aggregate, event) => {
      const applier = appliers.get(event.name)
      if (applier === undefined) throw new EventMismatch(`${target.name} declares no event '${event.name}'`)
      if (applier.event.version !== event.version) {
        throw new EventMismatch(
          `${target.name} declares version ${applier.event.version} of '${event.name}', not ${event.version}; ` +
            `register an upcaster from the older to the newer`,
        )
      }
      const { key } = applier
      if (key === undefined) return
      const argument = revive(applier.event, event.payload)
      const methods = aggregate as Record<string | symbol, (argument: unknown) => unknown>
      journalOf(aggregate).replay(event.name, () => methods[key]!(argument))
    },
    capture: (aggregate) => (aggregate as Snapshotted).toSnapshot?.() ?? { ...aggregate },
    restore: (payload) => {
      const aggregate: Snapshotted = new target()
      if (aggregate.fromSnapshot === undefined) Object.assign(aggregate, payload)
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
    return { event, key: undefined }
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

/** What the applying method gets: an instance of the event's class, or the sourced method's argument. */
function revive({ eventClass }: DeclaredEvent, payload: unknown): unknown {
  if (eventClass === undefined) return payload ?? undefined
  if (payload instanceof eventClass) return payload
  return Object.assign(Object.create(eventClass.prototype as object) as object, payload)
}

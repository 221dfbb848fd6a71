import { InvalidArgumentError, UpcastError } from '../errors/index.js'
import type { UpcasterChain } from '../serialization/upcaster-chain.js'
import type { AggregateDefinition, AppliedEvent } from './aggregate-definition.js'
import { classDefinition, reviveEvent } from './class-definition.js'
import type { AggregateClass } from './class-definition.js'
import { declaredEvent } from './declarations.js'
import type { EventClass } from './event-class.js'
import type { FunctionalAggregateType } from './functional-aggregate.js'
import type { FunctionalAggregate } from './functional-aggregate.js'
import type { NewEvent } from '../model/event.js'

type Declared = Pick<AggregateDefinition<object>, 'aggregateType' | 'eventVersions' | 'eventClasses'>

/** The aggregates that one store knows. Refuses declarations that contradict each other or the upcasters. */
export class DefinitionRegistry {
  private readonly byType = new Map<
    string,
    { readonly target: object; readonly definition: AggregateDefinition<object> }
  >()
  private readonly eventClasses = new Map<string, EventClass>()

  /** `eventClasses`: those that no aggregate declares. */
  constructor(
    private readonly upcasters: UpcasterChain,
    eventClasses: readonly EventClass[] = [],
  ) {
    for (const eventClass of eventClasses) {
      const event = declaredEvent(eventClass)
      if (event === undefined)
        throw new InvalidArgumentError(`${eventClass.name} has no @DomainEvent('name').`)
      this.claim(event.name, event.version, eventClass)
    }
  }

  /** The event as an instance of the class that declares it; `undefined` if none does. */
  revive({ name, version, payload }: AppliedEvent): object | undefined {
    const eventClass = this.eventClasses.get(keyOf(name, version))
    return eventClass && reviveEvent(eventClass, payload)
  }

  ofClass<A extends object>(target: AggregateClass<A>): AggregateDefinition<A> {
    return this.register(target, classDefinition(target))
  }

  ofFunctions<State, Event extends NewEvent>(
    target: FunctionalAggregateType<State, Event>,
  ): AggregateDefinition<FunctionalAggregate<State, Event>> {
    return this.register(target, target.definition)
  }

  private register<A extends object>(
    target: object,
    definition: AggregateDefinition<A>,
  ): AggregateDefinition<A> {
    const { aggregateType } = definition
    const known = this.byType.get(aggregateType)
    if (known !== undefined && known.target !== target) {
      throw new InvalidArgumentError(`Two aggregates claim the type '${aggregateType}'. Give each its own.`)
    }
    if (known === undefined) {
      this.assertUpcastersLeadTo(definition)
      this.claimEventClasses(definition)
      this.byType.set(aggregateType, {
        target,
        definition: definition,
      })
    }
    return definition
  }

  private assertUpcastersLeadTo({ aggregateType, eventVersions }: Declared): void {
    for (const [name, version] of eventVersions ?? []) {
      const newest = this.upcasters.newestVersionOf(name)
      if (newest !== undefined && newest !== version) {
        throw new UpcastError(
          name,
          newest - 1,
          `ends at version ${newest}, but '${aggregateType}' declares version ${version}.`,
        )
      }
      if (this.upcasters.leadsOn(name, version)) {
        throw new UpcastError(
          name,
          version,
          `leads away from an event that '${aggregateType}' still declares and records.`,
        )
      }
    }
  }

  private claimEventClasses({ eventClasses, eventVersions }: Declared): void {
    for (const [name, eventClass] of eventClasses) this.claim(name, eventVersions?.get(name) ?? 1, eventClass)
  }

  private claim(name: string, version: number, eventClass: EventClass): void {
    const claimed = this.eventClasses.get(keyOf(name, version))
    if (claimed !== undefined && claimed !== eventClass) {
      throw new InvalidArgumentError(`Two classes claim the event '${name}' version ${version}.`)
    }
    this.eventClasses.set(keyOf(name, version), eventClass)
  }
}

function keyOf(name: string, version: number): string {
  return `${version} ${name}`
}

import { InvalidArgumentError, UpcastError } from '../errors/index.js'
import type { UpcasterChain } from '../serialization/upcaster-chain.js'
import type { AggregateDefinition } from './aggregate-definition.js'
import { classDefinition } from './class-definition.js'
import type { AggregateClass } from './class-definition.js'
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
  private readonly eventClasses = new Map<string, object>()

  constructor(private readonly upcasters: UpcasterChain) {}

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
    for (const [name, eventClass] of eventClasses) {
      const key = `${eventVersions?.get(name)} ${name}`
      const claimed = this.eventClasses.get(key)
      if (claimed !== undefined && claimed !== eventClass) {
        throw new InvalidArgumentError(
          `Two classes claim the event '${name}' version ${eventVersions?.get(name)}.`,
        )
      }
      this.eventClasses.set(key, eventClass)
    }
  }
}

import { InvalidArgumentError } from '../errors/index.js'
import type { NewEvent } from '../model/event.js'
import { problemWithName } from '../model/stream-identity.js'
import { assertEventName } from '../serialization/event-serializer.js'
import type { AggregateDefinition, AggregateOptions } from './aggregate-definition.js'
import { copyPayload } from './copy-plain.js'
import { journalOf } from './journal.js'
import { Journaled } from './journaled.js'

/** An aggregate made of plain functions. */
export interface AggregateFunctions<State, Event extends NewEvent> extends AggregateOptions {
  /** The durable name that is stored with every event. */
  readonly type: string
  initial(): State
  /** Gives the next state; pure. */
  evolve(state: State, event: Event): State
}

/** What `defineAggregate` gives: hand it to `store.repository()`. */
export class FunctionalAggregateType<State, Event extends NewEvent> {
  /** @internal */
  readonly definition: AggregateDefinition<FunctionalAggregate<State, Event>>

  constructor(functions: AggregateFunctions<State, Event>) {
    const problem = problemWithName(functions.type)
    if (problem !== undefined) throw new InvalidArgumentError(`The type given to defineAggregate ${problem}.`)
    this.definition = {
      aggregateType: functions.type,
      codec: functions.codec,
      snapshots: functions.snapshots,
      eventVersions: undefined,
      eventClasses: new Map(),
      create: () => new FunctionalAggregate(functions, functions.initial()),
      apply: (aggregate, event) =>
        aggregate.evolve({ ...event, payload: event.payload ?? undefined } as Event),
      capture: ({ state }) => state,
      restore: (payload) => new FunctionalAggregate(functions, payload as State),
      complete: (event) =>
        event.codec === undefined && functions.codec !== undefined
          ? { ...event, codec: functions.codec }
          : event,
    }
  }
}

/** One aggregate of plain functions: its state, and the events that are not committed yet. */
export class FunctionalAggregate<State, Event extends NewEvent> extends Journaled {
  constructor(
    private readonly functions: AggregateFunctions<State, Event>,
    private current: State,
  ) {
    super()
  }

  get state(): State {
    return this.current
  }

  /** Evolves the state by the event and records it. */
  record(...events: readonly Event[]): void {
    for (const event of events) {
      assertEventName(event.name)
      // As it will be replayed: JSON cannot tell a payload that is null from one that is missing.
      const copy = (): Event => ({ ...event, payload: copyPayload(event.payload) ?? undefined })
      const recorded = copy()
      this.evolve(copy())
      journalOf(this).record(recorded)
    }
  }

  /** @internal */
  evolve(event: Event): void {
    this.current = this.functions.evolve(this.current, event)
  }
}

/**
 * Defines an aggregate by plain functions.
 *
 * @example
 * type CounterEvent = { name: 'incremented'; payload: { by: number } }
 * const counter = defineAggregate<{ count: number }, CounterEvent>({
 *   type: 'counter',
 *   initial: () => ({ count: 0 }),
 *   evolve: (state, event) => ({ count: state.count + event.payload.by }),
 * })
 * const counters = store.repository(counter)
 */
export function defineAggregate<State, Event extends NewEvent>(
  functions: AggregateFunctions<State, Event>,
): FunctionalAggregateType<State, Event> {
  return new FunctionalAggregateType(functions)
}

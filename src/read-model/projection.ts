import { InvalidArgumentError } from '../errors/index.js'
import type { RecordedEvent } from '../model/event.js'
import type { ReadModelRows } from './read-model-rows.js'

/** Turns one committed event into changes of read-model rows. */
export type ProjectionHandler<Event extends RecordedEvent = RecordedEvent> = {
  // As a method, so that a handler may name the payload that it knows its events to have.
  handle(event: Event, rows: ReadModelRows): void | Promise<void>
}['handle']

/** A fold of events into read-model rows: which events, and what each of them does. */
export interface Projection<Event extends RecordedEvent = RecordedEvent> {
  /** A durable name. */
  readonly name: string
  /** Only events of these aggregate types. @defaultValue every type */
  readonly aggregateTypes?: readonly string[]
  /** The handler of each event, by the event's name. */
  readonly on: { readonly [Name in Event['name']]?: ProjectionHandler<Extract<Event, { name: Name }>> }
}

/**
 * Declares a projection made of functions. With a union of events as type argument, names and payloads are checked.
 *
 * @example
 * const balances = defineProjection({
 *   name: 'balances',
 *   on: {
 *     'account-opened': (event: RecordedEvent<'account-opened', { owner: string }>, rows) =>
 *       rows.insert(BalanceView, { id: event.aggregateId, owner: event.payload.owner, balance: 0 }),
 *   },
 * })
 * const store = new EventStore(dataSource, { projections: [balances] })
 */
export function defineProjection<Event extends RecordedEvent = RecordedEvent>(
  projection: Projection<NoInfer<Event>>,
): Projection {
  return Object.freeze({ ...projection })
}

const NAMES = new WeakMap<object, Pick<Projection, 'name' | 'aggregateTypes'>>()
const HANDLERS = new WeakMap<object, Map<string, string | symbol>>()

/**
 * Declares a class as a projection; its `@On` methods handle events. Pass an instance to the store.
 *
 * @example
 * @Projection('balances')
 * class Balances {
 *   @On('money-deposited')
 *   async deposited(event: RecordedEvent<string, { amount: number }>, rows: ReadModelRows) { … }
 * }
 */
export function Projection(
  name: string,
  options: Pick<Projection, 'aggregateTypes'> = {},
): (projection: new (...parameters: never[]) => object) => void {
  return (projection) => {
    NAMES.set(projection.prototype as object, { name, ...options })
  }
}

/** Marks the method of a projection class that handles events of this name. */
export function On(
  eventName: string,
): <Handler extends ProjectionHandler>(
  projection: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<Handler>,
) => void {
  return (projection, method) => {
    const handlers = HANDLERS.get(projection) ?? new Map<string, string | symbol>()
    HANDLERS.set(projection, handlers)
    if (handlers.has(eventName)) {
      throw new InvalidArgumentError(
        `${projection.constructor.name} handles '${eventName}' twice: in ${String(handlers.get(eventName))} and in ${String(method)}.`,
      )
    }
    handlers.set(eventName, method)
  }
}

/** Whether an object is an instance of a class with `@Projection`: for containers that look for them. */
export function isProjection(candidate: object): boolean {
  for (
    let type: unknown = Object.getPrototypeOf(candidate);
    type !== null;
    type = Object.getPrototypeOf(type)
  ) {
    if (NAMES.has(type as object)) return true
  }
  return false
}

/** The projection that an option's entry is: itself, or an instance of a decorated class. */
export function projectionOf(entry: object): Projection {
  if ('on' in entry && 'name' in entry) return entry as Projection
  const on: Record<string, ProjectionHandler> = {}
  let declared: Pick<Projection, 'name' | 'aggregateTypes'> | undefined
  for (let type: unknown = Object.getPrototypeOf(entry); type !== null; type = Object.getPrototypeOf(type)) {
    declared ??= NAMES.get(type as object)
    for (const [eventName, method] of HANDLERS.get(type as object) ?? []) {
      on[eventName] ??= (event, rows) =>
        (entry as Record<string | symbol, ProjectionHandler>)[method]!(event, rows)
    }
  }
  if (declared === undefined || Object.keys(on).length === 0) {
    throw new InvalidArgumentError(
      `${entry.constructor.name} is no projection. Make one with defineProjection(), or give the store an instance of a class ` +
        `that has @Projection('name') and at least one @On('event-name') method.`,
    )
  }
  return { ...declared, on }
}

/**
 * Has a projection handle one event, as a commit would: for rebuilding its rows from the feed. Events that it does not
 * declare do nothing.
 *
 * @example
 * for await (const event of store.readAll()) await store.unitOfWork((work) => project(balances, event, work))
 */
export async function project(projection: object, event: RecordedEvent, rows: ReadModelRows): Promise<void> {
  await handlerOf(projectionOf(projection), event.aggregateType, event.name)?.(event, rows)
}

/** The inline projections of one store. */
export class Projections {
  private readonly all: readonly Projection[]

  /** Throws `InvalidArgumentError` for what is no projection, and for two of one name. */
  constructor(entries: readonly object[]) {
    this.all = entries.map(projectionOf)
    const names = new Set<string>()
    for (const { name } of this.all) {
      if (names.has(name)) throw new InvalidArgumentError(`Two projections are called '${name}'.`)
      names.add(name)
    }
  }

  /** Whether any of them handles an event of this name. */
  handle(aggregateType: string, eventName: string): boolean {
    return this.all.some((projection) => handlerOf(projection, aggregateType, eventName) !== undefined)
  }

  /** Runs every handler, event by event in the order given. */
  async run(events: readonly RecordedEvent[], rows: ReadModelRows): Promise<void> {
    for (const event of events) {
      for (const projection of this.all) {
        const handler = handlerOf(projection, event.aggregateType, event.name)
        if (handler !== undefined) await handler(event, rows)
      }
    }
  }
}

function handlerOf(
  { aggregateTypes, on }: Projection,
  aggregateType: string,
  eventName: string,
): ProjectionHandler | undefined {
  if (aggregateTypes?.includes(aggregateType) === false) return undefined
  return Object.hasOwn(on, eventName) ? on[eventName] : undefined
}

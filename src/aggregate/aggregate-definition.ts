import type { NewEvent } from '../model/event.js'
import type { EventClass } from './event-class.js'

/** When and as what snapshots of an aggregate are stored. */
export interface SnapshotOptions {
  /**
   * Store a snapshot in the commit that reaches this many events after the last one.
   * @defaultValue none: only `repository.snapshot(aggregate)` stores one
   */
  readonly every?: number
  /** Raise it when the shape of the state changes: older snapshots are then ignored and replaced. @defaultValue 1 */
  readonly version?: number
}

/** What every kind of aggregate declares. */
export interface AggregateOptions {
  /** Left out, loading always replays from the first event. */
  readonly snapshots?: SnapshotOptions
  /** The label of the codec that encodes the payloads of events and snapshots. @defaultValue 'json' */
  readonly codec?: string
}

/** An event as it is applied to a state: of its newest version, its payload decoded. */
export interface AppliedEvent {
  readonly name: string
  readonly version: number
  readonly payload: unknown
}

/** An event that the aggregate does not know, or knows in another version. */
export class EventMismatch extends Error {}

/** How one kind of aggregate is made, replayed and captured, whichever way the host spells it. */
export interface AggregateDefinition<A extends object> {
  readonly aggregateType: string
  readonly codec: string | undefined
  readonly snapshots: SnapshotOptions | undefined
  /** The newest version of each declared event; `undefined` if they are not declared one by one. */
  readonly eventVersions: ReadonlyMap<string, number> | undefined
  /** The event classes among them, by name. */
  readonly eventClasses: ReadonlyMap<string, EventClass>
  create(aggregateId: string): A
  /** Throws if the event is unknown to the aggregate or does not fit its state. */
  apply(aggregate: A, event: AppliedEvent): void
  /** The state as a snapshot's payload. */
  capture(aggregate: A): unknown
  restore(payload: unknown, aggregateId: string): A
  /** The codec's label and the like, filled in from the declaration. */
  complete(event: NewEvent): NewEvent
}

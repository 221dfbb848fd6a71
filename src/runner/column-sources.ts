import type { AggregateEventRow, AggregateSnapshotRow } from '../../entities/index.js'
import type { Metadata, NewEvent } from '../model/event.js'
import type { StreamIdentity } from '../model/stream-identity.js'

export type { AggregateEventRow, AggregateSnapshotRow } from '../../entities/index.js'

/** What a host's entity adds to a shipped one: the names and types of its properties. */
export type OwnColumns<Entity, Shipped> = {
  readonly [
    Column in Exclude<keyof Entity & string, keyof Shipped> as Entity[Column] extends (
      ...parameters: never[]
    ) => unknown
      ? never
      : Column
  ]: Entity[Column]
}

/** The columns that an event entity adds. */
export type EventColumns<Entity> = OwnColumns<Entity, AggregateEventRow>

/** What the values of an event's own columns are made of. */
export interface EventSource {
  /**
   * The event as it was handed in. `undefined` on Postgres for a stream that is only checked: the row that holds its next
   * sequence needs values too, until the commit ends. A column that may not be null then takes that of the stream's last event if
   * there is none here.
   */
  readonly event: NewEvent | undefined
  /** The event's; for a stream that is only checked, that of the scope (`withMetadata`). */
  readonly metadata: Metadata
  readonly stream: StreamIdentity
}

/** What the values of a snapshot's own columns are made of. */
export interface SnapshotSource {
  /** What is stored as its payload. */
  readonly state: unknown
  /** The version that it is of. */
  readonly version: number
  /** That of the newest event of the commit that the snapshot is part of; else that of the scope (`withMetadata`). */
  readonly metadata: Metadata
  readonly stream: StreamIdentity
}

/** Where the values of own columns come from, one function a column; `undefined` is stored as null. */
export type ColumnSources<Columns, Source> = {
  readonly [Column in keyof Columns]?: (source: Source) => Columns[Column] | undefined
}

/** Where the values of an event entity's own columns come from. */
export type EventColumnSources<Entity> = ColumnSources<EventColumns<Entity>, EventSource>

/** Where the values of a snapshot entity's own columns come from. */
export type SnapshotColumnSources<Entity> = ColumnSources<
  OwnColumns<Entity, AggregateSnapshotRow>,
  SnapshotSource
>

/** The types of values that columns can be compared by. */
type Comparable = string | number | bigint | boolean | Date | null

/** Conditions on an event entity's own columns, all of which have to hold: a value, null, or a list of which any will do. */
export type ColumnFilter<Entity> = {
  readonly [
    Column in keyof EventColumns<Entity> as EventColumns<Entity>[Column] extends Comparable ? Column : never
  ]?: EventColumns<Entity>[Column] | readonly EventColumns<Entity>[Column][]
}

/** An event as a store reads it whose event entity adds columns: with their values. */
export type WithColumns<Event, Entity> = keyof EventColumns<Entity> extends never
  ? Event
  : Event & { readonly columns: EventColumns<Entity> }

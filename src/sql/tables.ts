/** The event table's identifiers, quoted, as the host's entity names them. */
export interface EventTable {
  readonly table: string
  readonly aggregateType: string
  readonly aggregateId: string
  readonly sequence: string
  readonly position: string
  readonly commitId: string
  readonly eventName: string
  readonly eventVersion: string
  readonly payload: string
  readonly payloadCodec: string
  readonly payloadCodecVersion: string
  readonly metadata: string
  readonly recordedAt: string
}

/** The snapshot table's identifiers, quoted. */
export interface SnapshotTable {
  readonly table: string
  readonly aggregateType: string
  readonly aggregateId: string
  readonly version: string
  readonly snapshotType: string
  readonly snapshotVersion: string
  readonly payload: string
  readonly payloadCodec: string
  readonly payloadCodecVersion: string
  readonly metadata: string
  readonly recordedAt: string
}

/** The tables of one store. */
export interface Tables {
  readonly events: EventTable
  readonly snapshots: SnapshotTable
}

/** A string as a SQL literal: for identifiers that go into a statement's text, never for values. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

import { decodeInteger } from '../decode.js'
import type { Row, Statement } from '../statement.js'

/*
 * The event table of the npm package sourced-repo-typeorm, which holds events and snapshots:
 * "entityType" (a class's name), id, method, version, "snapshotVersion", timestamp (milliseconds), data, snapshot.
 * Its key contains the method and nothing checks versions, so two writers may both have stored a version.
 *
 * All of it is read inside one transaction with a fixed snapshot: however long it takes, the passes see the same rows.
 * Cursors keep the memory constant. `table` is a quoted path.
 */

/** One event of the old table. */
export interface SourceEvent {
  readonly entityType: string
  readonly id: string
  readonly method: string
  readonly version: number
  readonly timestamp: number
  /** As JSON text. */
  readonly data: string
  /** Its place among the events of its stream, by version, then timestamp, then method: 1, 2, 3 … */
  readonly sequence: number
  /** The latest timestamp of the stream so far: the event's own, unless a clock went back. */
  readonly time: number
  /** Whether the stream's versions are 1, 2, 3 … and reach as far as its snapshots do. */
  readonly regular: boolean
}

/** One stream of the old table. */
export interface SourceStream {
  readonly entityType: string
  readonly id: string
  readonly events: number
  /** How many versions these events have. */
  readonly versions: number
  readonly firstVersion: number
  readonly lastVersion: number
  /** The version of the latest snapshot; 0 without one. */
  readonly snapshotVersion: number
  /** The latest snapshot as JSON text, if it was asked for and there is one. */
  readonly snapshot: string | undefined
}

/** One class of the old table. */
export interface SourceClass {
  readonly entityType: string
  readonly events: number
  readonly snapshots: number
}

const OPERATION = 'read source'
const CURSOR = 'sourced_repo_rows'

export const readOnly: Statement<void> = command('set transaction read only')

export const closeCursor: Statement<void> = command(`close ${CURSOR}`)

export function sourceClasses(table: string): Statement<readonly SourceClass[]> {
  return {
    operation: OPERATION,
    text: `select "entityType" as type, count(*) filter (where not snapshot) as events,
  count(*) filter (where snapshot) as snapshots
from ${table} group by 1 order by 1`,
    parameters: [],
    decode: (rows) =>
      rows.map((row) => ({
        entityType: row['type'] as string,
        events: decodeInteger(row['events']),
        snapshots: decodeInteger(row['snapshots']),
      })),
  }
}

/**
 * Events by time, those of one stream in their own order: what the events of all streams tell together is told in
 * the order in which it happened.
 */
export function openEvents(table: string): Statement<void> {
  return command(`declare ${CURSOR} no scroll cursor for
select type, id, method, version, "timestamp", data, sequence, time, regular::int as regular
from (
  select numbered.*, bool_and(snapshot or version = sequence) over stream
    and coalesce(max(version) filter (where snapshot) over stream, 0)
      <= coalesce(max(version) filter (where not snapshot) over stream, 0) as regular
  from (
    select "entityType" as type, id, method, version, "timestamp", snapshot,
      case when not snapshot then data::text end as data,
      row_number() over kind as sequence, max("timestamp") over kind as time
    from ${table}
    window kind as (partition by "entityType", id, snapshot order by version, "timestamp", method)
  ) numbered
  window stream as (partition by type, id)
) flagged
where not snapshot
order by time, type, id, sequence`)
}

export function fetchEvents(count: number): Statement<readonly SourceEvent[]> {
  return {
    ...fetch(count),
    decode: (rows) =>
      rows.map((row) => ({
        entityType: row['type'] as string,
        id: row['id'] as string,
        method: row['method'] as string,
        version: decodeInteger(row['version']),
        timestamp: Number(row['timestamp']),
        data: row['data'] as string,
        sequence: decodeInteger(row['sequence']),
        time: Number(row['time']),
        regular: decodeInteger(row['regular']) === 1,
      })),
  }
}

export function openStreams(table: string, withSnapshots: boolean): Statement<void> {
  const snapshot = withSnapshots
    ? `(select s.data::text from ${table} s where s."entityType" = e."entityType" and s.id = e.id and s.snapshot
    order by s.version desc limit 1)`
    : 'null'
  return command(`declare ${CURSOR} no scroll cursor for
select "entityType" as type, id, count(*) filter (where not snapshot) as events,
  count(distinct version) filter (where not snapshot) as versions,
  min(version) filter (where not snapshot) as first_version, max(version) filter (where not snapshot) as last_version,
  max(version) filter (where snapshot) as snapshot_version, ${snapshot} as snapshot
from ${table} e group by "entityType", id order by "entityType", id`)
}

export function fetchStreams(count: number): Statement<readonly SourceStream[]> {
  return {
    ...fetch(count),
    decode: (rows) =>
      rows.map((row) => ({
        entityType: row['type'] as string,
        id: row['id'] as string,
        events: decodeInteger(row['events']),
        versions: decodeInteger(row['versions']),
        firstVersion: decodeInteger(row['first_version'] ?? 0),
        lastVersion: decodeInteger(row['last_version'] ?? 0),
        snapshotVersion: decodeInteger(row['snapshot_version'] ?? 0),
        snapshot: (row['snapshot'] as string | null) ?? undefined,
      })),
  }
}

type Stream = Pick<SourceStream, 'entityType' | 'id'>

/** The first few versions that several events of a stream have. */
export function repeatedVersions(table: string, { entityType, id }: Stream): Statement<readonly number[]> {
  return {
    operation: OPERATION,
    text: `select version from ${table} where "entityType" = $1 and id = $2 and not snapshot
group by version having count(*) > 1 order by version limit 10`,
    parameters: [entityType, id],
    decode: versions,
  }
}

/** The first few versions of a stream that no event has, where a gap begins. */
export function missingVersions(table: string, { entityType, id }: Stream): Statement<readonly number[]> {
  return {
    operation: OPERATION,
    text: `select version + 1 as version from (
  select version, lead(version) over (order by version) as next
  from (select 0 as version union select version from ${table} where "entityType" = $1 and id = $2 and not snapshot) v
) w where next > version + 1 order by version limit 10`,
    parameters: [entityType, id],
    decode: versions,
  }
}

function versions(rows: readonly Row[]): number[] {
  return rows.map((row) => decodeInteger(row['version']))
}

function fetch(count: number): Omit<Statement<unknown>, 'decode'> {
  return { operation: OPERATION, text: `fetch forward ${count} from ${CURSOR}`, parameters: [] }
}

function command(text: string): Statement<void> {
  return { operation: OPERATION, text, parameters: [], decode: () => undefined }
}

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

/** One event of the old table, or the snapshot that a stream begins with. */
export interface SourceEvent {
  readonly snapshot: boolean
  readonly entityType: string
  readonly id: string
  readonly method: string
  readonly version: number
  readonly timestamp: number
  /** As JSON text. */
  readonly data: string
  /** Its place in its stream, by version, then timestamp, then method: 1, 2, 3 … */
  readonly sequence: number
  /** The latest timestamp of the stream so far: the event's own, unless a clock went back. */
  readonly time: number
  /** Whether the stream's versions are without gaps and doubles, and reach as far as its snapshots do. */
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
  /** The version of the snapshot that the stream begins with instead of its first events; 0 without one. */
  readonly headVersion: number
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
 *
 * `heads`: a stream whose first events are gone begins with the snapshot right before those that are left, or, if none
 * is left, with its latest snapshot.
 */
export function openEvents(table: string, heads: boolean): Statement<void> {
  const isHead = heads
    ? `snapshot and version > 0 and case when first is null then version = last_snapshot else version = first - 1 end`
    : 'false'
  return command(`declare ${CURSOR} no scroll cursor for
select type, id, method, version, "timestamp", data, snapshot::int as snapshot, nth + (not snapshot and base > 0)::int as sequence,
  greatest(time, head_time) as time, regular::int as regular
from (
  select based.*, bool_and(snapshot or version = nth + base) over stream
    and coalesce(last_snapshot, 0) <= greatest(last, base) as regular
  from (
    select headed.*, coalesce(max(version) filter (where is_head) over stream, 0) as base,
      max("timestamp") filter (where is_head) over stream as head_time
    from (
      select type, id, method, version, "timestamp", snapshot, first, last, last_snapshot, is_head,
        case when is_head or not snapshot then data end as data, case when is_head then 1 else nth end as nth, time
      from (
        select numbered.*, ${isHead} as is_head
        from (
          select "entityType" as type, id, method, version, "timestamp", snapshot, data::text as data,
            row_number() over kind as nth, max("timestamp") over kind as time,
            min(version) filter (where not snapshot) over stream as first,
            max(version) filter (where not snapshot) over stream as last,
            max(version) filter (where snapshot) over stream as last_snapshot
          from ${table}
          window kind as (partition by "entityType", id, snapshot order by version, "timestamp", method),
            stream as (partition by "entityType", id)
        ) numbered
      ) marked
    ) headed
    window stream as (partition by type, id)
  ) based
  window stream as (partition by type, id)
) flagged
where is_head or not snapshot
order by greatest(time, head_time), type, id, sequence`)
}

export function fetchEvents(count: number): Statement<readonly SourceEvent[]> {
  return {
    ...fetch(count),
    decode: (rows) =>
      rows.map((row) => ({
        snapshot: decodeInteger(row['snapshot']) === 1,
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

/** `heads` as above; `states`: with the latest snapshot itself. */
export function openStreams(table: string, heads: boolean, states: boolean): Statement<void> {
  const snapshots = `from ${table} s where s."entityType" = e.type and s.id = e.id and s.snapshot`
  const head = heads
    ? `case when e.first_version is null then e.snapshot_version
    when exists (select ${snapshots} and s.version = e.first_version - 1) then e.first_version - 1 end`
    : '0'
  const state = states ? `(select s.data::text ${snapshots} order by s.version desc limit 1)` : 'null'
  return command(`declare ${CURSOR} no scroll cursor for
select e.*, ${head} as head_version, ${state} as snapshot
from (
  select "entityType" as type, id, count(*) filter (where not snapshot) as events,
    count(distinct version) filter (where not snapshot) as versions,
    min(version) filter (where not snapshot) as first_version, max(version) filter (where not snapshot) as last_version,
    max(version) filter (where snapshot) as snapshot_version
  from ${table} group by "entityType", id
) e order by type, id`)
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
        headVersion: decodeInteger(row['head_version'] ?? 0),
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

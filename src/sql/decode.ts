import type { AppendOutcome, StoredEvent, StoredSnapshot, TailEvent } from '../model/stored.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { OwnColumns } from './own-columns.js'
import type { LoadedStream } from './statements.js'
import type { Row } from './statement.js'

/**
 * How long a payload may be to come with the others of its tail, which travel as one text: 1,000 of them, escaped
 * at worst, stay below the 512 MB at which Node's strings end. A tail with longer ones is read by pages.
 */
export const LONGEST_PAYLOAD = 128 * 1024

/** Reads the time column as one dialect's statements select it. */
export type DecodeTime = (value: unknown) => Date

/** `row` holds the columns of an event under the names that both dialects' statements give them. */
export function decodeEvent(row: Row, decodeTime: DecodeTime, own: OwnColumns): StoredEvent {
  return {
    aggregateType: row['aggregate_type'] as string,
    aggregateId: row['aggregate_id'] as string,
    sequence: decodeInteger(row['sequence']),
    position: decodeInteger(row['position']),
    commitId: row['commit_id'] as string,
    name: row['name'] as string,
    version: decodeInteger(row['version']),
    payload: decodePayload(row),
    metadata: JSON.parse(row['metadata'] as string) as Record<string, unknown>,
    recordedAt: decodeTime(row['recorded_at']),
    columns: own.decode(row),
  }
}

/** The rows of a load statement, one a stream: the snapshot's columns, and the tail as one JSON text. */
export function decodeStreams(
  rows: readonly Row[],
  aggregateType: string,
  limit: number,
): ReadonlyMap<string, LoadedStream> {
  const streams = new Map<string, LoadedStream>()
  for (const row of rows) {
    const aggregateId = row['aggregate_id'] as string
    const snapshot =
      row['snapshot_at'] === null ? undefined : decodeSnapshot(row, { aggregateType, aggregateId })
    const usable = snapshot !== undefined && decodeInteger(row['usable']) === 1
    const events = decodeTail(row['tail'] as string, usable ? snapshot.version : 0)
    const complete = events !== undefined && events.length < limit
    streams.set(aggregateId, { snapshot, usable, events: events ?? [], complete })
  }
  return streams
}

/** The names of the events, those of them that are not the usual kind, and the payloads. */
type Tail = readonly [names: readonly string[], others: OtherEvents, payloads: readonly unknown[]]

/** Version, codec and codec version of the events of which one is not `1`, `'json'` and `1`, by sequence. */
type OtherEvents = Readonly<Record<number, readonly [number, string, number] | undefined>>

/**
 * A whole tail is parsed at once, which takes a fraction of the time of one call an event. `undefined` if it has
 * payloads that were left out, or that are no JSON: SQLite may hold such, and reading by pages tells where.
 */
function decodeTail(text: string, start: number): readonly TailEvent[] | undefined {
  const tail = parseTail(text)
  if (tail === undefined) return undefined
  const [names, others, payloads] = tail
  if (payloads.length !== names.length) return undefined
  return names.map((name, index) => {
    const sequence = start + index + 1
    const other = others[sequence]
    const decoded = payloads[index]
    if (other === undefined) return { sequence, name, version: 1, payload: { decoded } }
    const [version, codec, codecVersion] = other
    const isDecoded = codec === 'json' && codecVersion === 1
    const payload = isDecoded ? { decoded } : { text: String(decoded), codec, codecVersion }
    return { sequence, name, version, payload }
  })
}

function parseTail(text: string): Tail | undefined {
  try {
    return JSON.parse(text) as Tail
  } catch {
    return undefined
  }
}

function decodeSnapshot(row: Row, stream: StreamIdentity): StoredSnapshot {
  return {
    ...stream,
    version: decodeInteger(row['snapshot_at']),
    snapshotType: row['snapshot_type'] as string,
    snapshotVersion: decodeInteger(row['snapshot_version']),
    payload: decodePayload(row),
  }
}

function decodePayload(row: Row): StoredEvent['payload'] {
  return {
    // SQLite stores a payload that is a bare number as a number; every other payload is JSON text.
    text: String(row['payload']),
    codec: row['codec'] as string,
    codecVersion: decodeInteger(row['codec_version']),
  }
}

/** Of a commit that was not stored, by a statement that does not say where its streams are. */
export const refused: AppendOutcome = {
  accepted: false,
  versions: [],
  positions: [],
  recordedAt: undefined,
}

/** The row of an event that was appended right after a version; without one it was refused. */
export function decodeAppendedEvent(
  row: Row | undefined,
  version: number,
  decodeTime: DecodeTime,
): AppendOutcome {
  if (row === undefined) return refused
  return {
    accepted: true,
    versions: [version],
    positions: [decodeInteger(row['position'])],
    recordedAt: decodeTime(row['recorded_at']),
  }
}

/** Drivers return integers as numbers, strings or bigints, depending on their type parsers. */
export function decodeInteger(value: unknown): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new RangeError(`${String(value)} is not a safe integer`)
  return number
}

/** A list of integers that a statement joined with commas. */
export function decodeIntegers(value: unknown): number[] {
  return typeof value === 'string' || typeof value === 'number'
    ? String(value).split(',').map(decodeInteger)
    : []
}

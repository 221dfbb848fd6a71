import type { StoredEvent, StoredSnapshot, TailEvent } from '../model/stored.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { LoadedStream } from './statements.js'
import type { Row } from './statement.js'

/**
 * How many characters of payloads a load statement returns per stream at most: they travel as one text, which
 * Postgres ends at 1 GB and Node at 512 MB. Streams with more are read by pages.
 */
export const LONGEST_TAIL = 64 * 1024 * 1024

/** Reads the time column as one dialect's statements select it. */
export type DecodeTime = (value: unknown) => Date

/** `row` holds the columns of an event under the names that both dialects' statements give them. */
export function decodeEvent(row: Row, decodeTime: DecodeTime): StoredEvent {
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
  }
}

/** The columns of a load statement, one row a stream: the snapshot's, and the tail's as JSON texts. */
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
    const found = decodeInteger(row['found'])
    const events = decodeTail(row, usable ? snapshot.version : 0)
    streams.set(aggregateId, { snapshot, usable, events, complete: events.length === found && found < limit })
  }
  return streams
}

/**
 * All payloads of a tail are parsed at once, which takes a fraction of the time of one call each. Payloads that
 * are no JSON, which only SQLite can hold, give an empty tail: reading by pages then tells which event it is.
 */
function decodeTail(row: Row, start: number): readonly TailEvent[] {
  if (row['payloads'] === null) return []
  const names = JSON.parse(row['names'] as string) as string[]
  const payloads = parseArray(row['payloads'] as string)
  if (payloads?.length !== decodeInteger(row['fitting'])) return []
  const others = row['others'] === null ? {} : (JSON.parse(row['others'] as string) as OtherEvents)
  return payloads.map((decoded, index) => {
    const sequence = start + index + 1
    const other = others[sequence]
    if (other === undefined) return { sequence, name: names[index]!, version: 1, payload: { decoded } }
    const [version, codec, codecVersion] = other
    const isDecoded = codec === 'json' && codecVersion === 1
    const payload = isDecoded ? { decoded } : { text: String(decoded), codec, codecVersion }
    return { sequence, name: names[index]!, version, payload }
  })
}

/** Version, codec and codec version of the events of which one is not `1`, `'json'` and `1`, by sequence. */
type OtherEvents = Readonly<Record<number, readonly [number, string, number] | undefined>>

function parseArray(text: string): readonly unknown[] | undefined {
  try {
    return JSON.parse(text) as readonly unknown[]
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

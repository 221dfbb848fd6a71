import type { StoredEvent, StoredSnapshot } from '../model/stored.js'
import type { LoadedStream } from './statements.js'
import type { Row } from './statement.js'

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

/** Groups the rows of a load statement, ordered by stream with the snapshot before its tail. */
export function decodeStreams(
  rows: readonly Row[],
  decodeTime: DecodeTime,
): ReadonlyMap<string, LoadedStream> {
  const streams = new Map<
    string,
    { snapshot: StoredSnapshot | undefined; usable: boolean; events: StoredEvent[] }
  >()
  for (const row of rows) {
    const id = row['aggregate_id'] as string
    let stream = streams.get(id)
    if (stream === undefined) streams.set(id, (stream = { snapshot: undefined, usable: false, events: [] }))
    if (decodeInteger(row['is_snapshot']) === 1) {
      stream.snapshot = decodeSnapshot(row)
      stream.usable = decodeInteger(row['usable']) === 1
    } else {
      stream.events.push(decodeEvent(row, decodeTime))
    }
  }
  return streams
}

function decodeSnapshot(row: Row): StoredSnapshot {
  return {
    aggregateType: row['aggregate_type'] as string,
    aggregateId: row['aggregate_id'] as string,
    version: decodeInteger(row['sequence']),
    snapshotType: row['name'] as string,
    snapshotVersion: decodeInteger(row['version']),
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

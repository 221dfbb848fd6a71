import type { Metadata } from '../model/event.js'
import { decodeInteger } from './decode.js'
import type { DecodeTime } from './decode.js'
import type { ClaimedMessage, OutboxCounts } from './outbox-statements.js'
import type { Row } from './statement.js'

/** `row` holds the columns of a claimed message under the names that both dialects' statements give them. */
export function decodeClaimed(row: Row, worker: string, decodeTime: DecodeTime): ClaimedMessage {
  return {
    messageId: row['message_id'] as string,
    worker,
    attempt: decodeInteger(row['attempts']),
    type: row['message_type'] as string,
    payload: {
      // SQLite stores a payload that is a bare number as a number; every other payload is JSON text.
      text: String(row['payload']),
      codec: row['codec'] as string,
      codecVersion: decodeInteger(row['codec_version']),
    },
    destination: optional(row['destination']),
    metadata: JSON.parse(row['metadata'] as string) as Metadata,
    createdAt: decodeTime(row['created_at']),
    claimedUntil: decodeTime(row['claimed_until']),
    source:
      row['source_type'] === null
        ? undefined
        : {
            aggregateType: row['source_type'] as string,
            aggregateId: row['source_id'] as string,
            sequence: decodeInteger(row['source_sequence']),
          },
    correlationId: optional(row['correlation_id']),
    causationId: optional(row['causation_id']),
  }
}

export function decodeCounts([row]: readonly Row[]): OutboxCounts {
  const oldest = row?.['oldest_pending_ms']
  return {
    pending: decodeInteger(row?.['pending']),
    inFlight: decodeInteger(row?.['in_flight']),
    published: decodeInteger(row?.['published']),
    failed: decodeInteger(row?.['failed']),
    oldestPendingMs: oldest === null ? undefined : Math.max(0, Math.round(Number(oldest))),
  }
}

/** The ids that a statement gives back. */
export function decodeIds(rows: readonly Row[]): readonly string[] {
  return rows.map((row) => row['message_id'] as string)
}

function optional(value: unknown): string | undefined {
  return (value as string | null) ?? undefined
}

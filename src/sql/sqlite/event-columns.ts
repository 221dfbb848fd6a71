import { ownSelected } from '../own-columns.js'
import type { EventTable } from '../tables.js'

/** The select list that `decodeEvent` reads. */
export function eventColumns(events: EventTable, alias = 'e'): string {
  return `${alias}.${events.aggregateType} as aggregate_type, ${alias}.${events.aggregateId} as aggregate_id,
    ${alias}.${events.sequence} as sequence, ${alias}.${events.position} as position,
    ${alias}.${events.commitId} as commit_id, ${alias}.${events.eventName} as name,
    ${alias}.${events.eventVersion} as version, ${alias}.${events.payload} as payload,
    ${alias}.${events.payloadCodec} as codec, ${alias}.${events.payloadCodecVersion} as codec_version,
    ${alias}.${events.metadata} as metadata, ${alias}.${events.recordedAt} as recorded_at${ownSelected(events.own, alias)}`
}

/** SQLite's times are UTC texts without a zone, as TypeORM writes them: `2026-01-31 12:00:00.000`. */
export function decodeTime(value: unknown): Date {
  return new Date(`${String(value).replace(' ', 'T')}Z`)
}

export function encodeTime(time: Date): string {
  const text = time.toISOString()
  return `${text.slice(0, 10)} ${text.slice(11, -1)}`
}

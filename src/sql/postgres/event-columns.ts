import { ownSelected } from '../own-columns.js'
import type { EventTable } from '../tables.js'

/** The select list that `decodeEvent` reads. Casts keep a host's own type parsers out of it. */
export function eventColumns(events: EventTable, alias = 'e'): string {
  return `${alias}.${events.aggregateType} as aggregate_type, ${alias}.${events.aggregateId} as aggregate_id,
    ${alias}.${events.sequence} as sequence, ${alias}.${events.position} as position,
    ${alias}.${events.commitId}::text as commit_id, ${alias}.${events.eventName} as name,
    ${alias}.${events.eventVersion} as version, ${alias}.${events.payload}::text as payload,
    ${alias}.${events.payloadCodec} as codec, ${alias}.${events.payloadCodecVersion} as codec_version,
    ${alias}.${events.metadata}::text as metadata, ${milliseconds(`${alias}.${events.recordedAt}`)} as recorded_at${ownSelected(events.own, alias)}`
}

/** A timestamp as milliseconds since 1970. (extract() would calculate in numeric, which is many times slower.) */
export function milliseconds(expression: string): string {
  return `date_part('epoch', ${expression}) * 1000`
}

export function decodeTime(value: unknown): Date {
  return new Date(Math.round(Number(value)))
}

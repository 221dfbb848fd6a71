import type { AppendOutcome, EncodedEvent } from '../../model/stored.js'
import type { StreamIdentity } from '../../model/stream-identity.js'
import { decodeAppendedEvent } from '../decode.js'
import { ownNames } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'
import { decodeTime } from './event-columns.js'
import { ownParameters, plainValues } from './own-columns.js'

/**
 * Appends one event right after a version, the commonest commit of all: as plain parameters, because taking it out of
 * JSON costs as much as inserting it.
 */
export function appendEvent(
  e: EventTable,
): (
  commitId: string,
  stream: StreamIdentity,
  version: number,
  event: EncodedEvent,
) => Statement<AppendOutcome> {
  // In lower case on purpose: for a text that begins with INSERT the sqlite3 driver returns no rows.
  const text = `insert into ${e.table} (${e.aggregateType}, ${e.aggregateId}, ${e.sequence}, ${e.commitId}, ${e.eventName},
  ${e.eventVersion}, ${e.payload}, ${e.payloadCodec}, ${e.payloadCodecVersion}, ${e.metadata}, ${e.recordedAt}${ownNames(e.own)})
select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, strftime('%Y-%m-%d %H:%M:%f', 'now')${ownParameters(e.own)}
where ? = coalesce((
  select max(s.${e.sequence}) from ${e.table} s where s.${e.aggregateType} = ? and s.${e.aggregateId} = ?
), 0)
returning ${e.position} as position, ${e.recordedAt} as recorded_at`
  return (
    commitId,
    { aggregateType, aggregateId },
    version,
    { name, version: eventVersion, payload, metadata, own = [] },
  ) => ({
    operation: 'append',
    text,
    parameters: [
      aggregateType,
      aggregateId,
      version + 1,
      commitId,
      name,
      eventVersion,
      payload.text,
      payload.codec,
      payload.codecVersion,
      metadata,
      ...plainValues(own),
      version,
      aggregateType,
      aggregateId,
    ],
    decode: ([row]) => decodeAppendedEvent(row, version, decodeTime),
  })
}

import type { AppendOutcome, EncodedEvent } from '../../model/stored.js'
import type { StreamIdentity } from '../../model/stream-identity.js'
import { decodeInteger } from '../decode.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'
import { APPEND_MARK, insertColumns } from './append-to-stream.js'
import { decodeTime, milliseconds } from './event-columns.js'
import { retakeFloorLock, takeFloorLock } from './floor-lock.js'
import { ownParameters } from './own-columns.js'

/**
 * Appends one event right after a version, the commonest commit of all. It does not read the version: the unique
 * key refuses a sequence that is taken, and the gap guard one whose predecessor is missing. That costs half of what a
 * version check does. A taken sequence is no error of the database's, so that lost races do not fill its log.
 *
 * The floor lock is taken before the position is drawn: the subquery's row comes first.
 */
export function appendEvent(
  e: EventTable,
  positionSequence: string,
): (
  commitId: string,
  stream: StreamIdentity,
  version: number,
  event: EncodedEvent,
  floor: number | undefined,
) => Statement<AppendOutcome> {
  // One event travels as plain parameters: taking it out of JSON would cost more than inserting it.
  const text = (floorLock: string): string => `${APPEND_MARK} insert into ${e.table} (${insertColumns(e)})
select $1, $2, $3::int, $4::uuid, $5, $6::int, $7::${e.payloadType}, $8, $9::int, $10::jsonb,
  date_trunc('milliseconds', clock_timestamp())${ownParameters(e.own, 11)}
from (select ${floorLock} offset 0) held
on conflict (${e.aggregateType}, ${e.aggregateId}, ${e.sequence}) do nothing
returning ${e.position}::text as position, ${milliseconds(e.recordedAt)} as recorded_at`
  const [taking, retaking] = [
    text(takeFloorLock(e, positionSequence)),
    text(retakeFloorLock(e, `$${11 + e.own.filled.length}`)),
  ]
  return (
    commitId,
    { aggregateType, aggregateId },
    version,
    { name, version: eventVersion, payload, metadata, own = [] },
    floor,
  ) => ({
    operation: 'append',
    text: floor === undefined ? taking : retaking,
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
      ...own,
      ...(floor === undefined ? [] : [floor]),
    ],
    decode: ([row]) =>
      row === undefined
        ? { accepted: false, versions: [], positions: [], recordedAt: undefined }
        : {
            accepted: true,
            versions: [version],
            positions: [decodeInteger(row['position'])],
            recordedAt: decodeTime(row['recorded_at']),
          },
  })
}

import type { AppendOutcome, EncodedEvent } from '../../model/stored.js'
import type { StreamIdentity } from '../../model/stream-identity.js'
import { decodeAppendedEvent } from '../decode.js'
import type { Statement } from '../statement.js'
import type { AppendPlace } from '../statements.js'
import type { EventTable } from '../tables.js'
import { insertColumns } from './append-to-stream.js'
import { COMMIT_MARK } from './commit-mark.js'
import { decodeTime, milliseconds } from './event-columns.js'
import { failUnless } from './fail-unless.js'
import { retakeFloorLock, takeFloorLock } from './floor-lock.js'
import { checkedBy, sequencesChecked } from './gap-guard.js'
import { ownParameters } from './own-columns.js'

/**
 * Appends one event right after a version, the commonest commit of all. It does not read the version: the unique
 * key refuses a sequence that is taken, and what is asked for is only whether the predecessor is there. That costs half of
 * what a version check does. A taken sequence is no error of the database's, so that lost races do not fill its log.
 *
 * `orFail`: a taken sequence is an error, for statements that are sent together with COMMIT.
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
  place: AppendPlace,
) => Statement<AppendOutcome> {
  // One event travels as plain parameters: taking it out of JSON would cost more than inserting it.
  const followsLast = `($3::int = 1 or exists (
  select from ${e.table} p where p.${e.aggregateType} = $1 and p.${e.aggregateId} = $2 and p.${e.sequence} = $3::int - 1
))`
  const text = (
    floorLock: string,
    condition: string,
    onConflict: string,
  ): string => `${COMMIT_MARK} insert into ${e.table} (${insertColumns(e)})
select $1::text, $2::text, $3::int, $4::uuid, $5, $6::int, $7::${e.payloadType}, $8, $9::int, $10::jsonb,
  date_trunc('milliseconds', clock_timestamp())${ownParameters(e.own, 12)}
from (select ${floorLock}, ${sequencesChecked('$11')} offset 0) held
where ${condition}${onConflict}
returning ${e.position}::text as position, ${milliseconds(e.recordedAt)} as recorded_at`
  const doNothing = `
on conflict (${e.aggregateType}, ${e.aggregateId}, ${e.sequence}) do nothing`
  const [taking, failing, retaking] = [
    text(takeFloorLock(e, positionSequence), followsLast, doNothing),
    text(takeFloorLock(e, positionSequence), `${failUnless(followsLast)} = 0`, ''),
    text(retakeFloorLock(e, `$${12 + e.own.filled.length}`), followsLast, doNothing),
  ]
  return (
    commitId,
    { aggregateType, aggregateId },
    version,
    { name, version: eventVersion, payload, metadata, own = [] },
    place,
  ) => ({
    operation: 'append',
    text: place.floor !== undefined ? retaking : place.orFail ? failing : taking,
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
      checkedBy(place),
      ...own,
      ...(place.floor === undefined ? [] : [place.floor]),
    ],
    decode: ([row]) => decodeAppendedEvent(row, version, decodeTime),
  })
}

import type { AppendOutcome, StreamChange } from '../../model/stored.js'
import { decodeInteger, decodeIntegers } from '../decode.js'
import { expectedCode } from '../expected-code.js'
import { ownNames } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { AppendPlace } from '../statements.js'
import type { EventTable } from '../tables.js'
import { COMMIT_MARK } from './commit-mark.js'
import { decodeTime, milliseconds } from './event-columns.js'
import { eventParameters } from './event-parameters.js'
import { failUnless } from './fail-unless.js'
import { retakeFloorLock, takeFloorLock } from './floor-lock.js'
import { checkedBy, sequencesChecked } from './gap-guard.js'
import { ownDefinitions, ownLabels, ownValues } from './own-columns.js'

/**
 * Appends events to one stream: version check, floor lock and insert in one statement. It inserts
 * nothing unless the version is the expected one; a race that the check cannot see fails on the primary key.
 */
export function appendToStream(
  e: EventTable,
  positionSequence: string,
): (commitId: string, change: StreamChange, place: AppendPlace) => Statement<AppendOutcome> {
  const text = (floorLock: string, checked = ''): string =>
    `${COMMIT_MARK} ${check(e, floorLock)}, ${insert(e, checked)}`
  const taking = text(takeFloorLock(e, positionSequence))
  const failing = text(takeFloorLock(e, positionSequence), `, ${failUnless('i.positions is not null')}`)
  const retaking = text(retakeFloorLock(e, '$8'))
  return (commitId, { aggregateType, aggregateId, expectedVersion, events }, place) => ({
    operation: 'append',
    text: place.floor !== undefined ? retaking : place.orFail ? failing : taking,
    parameters: [
      aggregateType,
      aggregateId,
      expectedCode(expectedVersion),
      commitId,
      ...eventParameters(events, e.own),
      checkedBy(place),
      ...(place.floor === undefined ? [] : [place.floor]),
    ],
    decode: ([row]) => decodeAppend(row ?? {}),
  })
}

/** `held` is empty unless the stream has the expected version; its row comes after the floor lock was taken. */
function check(e: EventTable, floorLock: string): string {
  return `with stream as materialized (
  select coalesce((
    select s.${e.sequence} from ${e.table} s where s.${e.aggregateType} = $1 and s.${e.aggregateId} = $2
      and s.${e.sequence} >= $3::int
    order by s.${e.sequence} desc limit 1
  ), 0) as version
), held as materialized (
  select version, ${floorLock}, ${sequencesChecked('$7')}, date_trunc('milliseconds', clock_timestamp()) as recorded_at
  from stream
  where case $3::int when -2 then true when -1 then version > 0 else version = $3::int end
)`
}

function insert(e: EventTable, checked: string): string {
  return `inserted as (
  insert into ${e.table} (${insertColumns(e)})
  select $1, $2, held.version + event.ordinality, $4::uuid, event.name, event.version, event.payload, event.codec,
    event.codec_version, event.metadata, held.recorded_at${ownValues(e.own, 'event')}
  from held, rows from (
    json_to_recordset($5::json) as (name text, version int, codec text, codec_version int, metadata jsonb${ownDefinitions(e.own)}),
    json_array_elements($6::json)
  ) with ordinality as event(name, version, codec, codec_version, metadata${ownLabels(e.own)}, payload, ordinality)
  order by event.ordinality
  returning ${e.position} as position, ${e.recordedAt} as recorded_at
)
select (i.positions is not null)::int as accepted, stream.version as versions, i.positions, i.recorded_at,
  ${failUnless('i.positions is null or i.events = json_array_length($6::json)', 'a trigger of the host kept events from being stored')}${checked}
from stream left join (
  select count(*) as events, string_agg(position::text, ',' order by position) as positions, ${milliseconds('max(recorded_at)')} as recorded_at
  from inserted
) i on true`
}

/** The columns that every append fills, but for the position. */
export function insertColumns(e: EventTable): string {
  return `${e.aggregateType}, ${e.aggregateId}, ${e.sequence}, ${e.commitId}, ${e.eventName}, ${e.eventVersion},
    ${e.payload}, ${e.payloadCodec}, ${e.payloadCodecVersion}, ${e.metadata}, ${e.recordedAt}${ownNames(e.own)}`
}

/** Reads the one row that both append statements return. */
export function decodeAppend(row: Readonly<Record<string, unknown>>): AppendOutcome {
  const positions = decodeIntegers(row['positions'])
  return {
    accepted: decodeInteger(row['accepted']) === 1,
    versions: decodeIntegers(row['versions']),
    positions,
    recordedAt: positions.length > 0 ? decodeTime(row['recorded_at']) : undefined,
  }
}

import { CHECKED_EVENT_NAME } from '../../model/stored.js'
import type { AppendOutcome, EncodedEvent, StreamChange } from '../../model/stored.js'
import { expectedCode } from '../expected-code.js'
import { ownNames } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'
import { literal } from '../tables.js'
import { APPEND_MARK, decodeAppend } from './append-to-stream.js'
import { milliseconds } from './event-columns.js'
import { eventParameters } from './event-parameters.js'
import { retakeFloorLock, takeFloorLock } from './floor-lock.js'
import { ownDefinitions, ownLabels, ownValuesOrLast } from './own-columns.js'

/**
 * Appends to many streams, all or nothing, in one statement.
 *
 * Positions are drawn in the order in which the events were handed in; rows are inserted sorted by stream, so
 * that two commits which share streams wait for each other instead of deadlocking. A stream that is only
 * checked gets a placeholder at its next sequence: the primary key then makes a concurrent writer of that
 * stream wait, and whichever of the two comes second fails. The placeholder removes itself (see the migration).
 */
export function appendToStreams(
  e: EventTable,
  positionSequence: string,
): (
  commitId: string,
  changes: readonly StreamChange[],
  floor: number | undefined,
) => Statement<AppendOutcome> {
  const text = (floorLock: string): string => `${APPEND_MARK} with stream as materialized (
  select s.*, coalesce((
    select e.${e.sequence} from ${e.table} e where e.${e.aggregateType} = s.type and e.${e.aggregateId} = s.id
    order by e.${e.sequence} desc limit 1
  ), 0) as version
  from json_to_recordset($1::json) as s(stream int, type text, id text, expected int)
), verdict as materialized (
  select bool_and(case expected when -2 then true when -1 then version > 0 else version = expected end) as accepted
  from stream
), held as materialized (
  select ${floorLock}, date_trunc('milliseconds', clock_timestamp()) as recorded_at
  from verdict where accepted
), event as materialized (
  select nextval(${literal(positionSequence)}::regclass) as position, held.recorded_at, new.*
  from held, rows from (
    json_to_recordset($3::json) as (
      stream int, nth int, name text, version int, codec text, codec_version int, metadata jsonb${ownDefinitions(e.own)}
    ),
    json_array_elements($4::json)
  ) with ordinality as new(stream, nth, name, version, codec, codec_version, metadata${ownLabels(e.own)}, payload, ordinality)
), inserted as (
  insert into ${e.table} (${e.aggregateType}, ${e.aggregateId}, ${e.sequence}, ${e.position}, ${e.commitId},
    ${e.eventName}, ${e.eventVersion}, ${e.payload}, ${e.payloadCodec}, ${e.payloadCodecVersion}, ${e.metadata},
    ${e.recordedAt}${ownNames(e.own)})
  overriding system value
  select stream.type, stream.id, stream.version + event.nth, event.position, $2::uuid, event.name, event.version,
    event.payload, event.codec, event.codec_version, event.metadata, event.recorded_at${ownValuesOrLast(e, 'event', 'stream')}
  from event join stream on stream.stream = event.stream
  order by stream.type collate "C", stream.id collate "C", event.nth
)
select verdict.accepted::int as accepted, s.versions, i.positions, i.recorded_at
from verdict, (select string_agg(version::text, ',' order by stream) as versions from stream) s,
lateral (
  select string_agg(position::text, ',' order by ordinality) filter (where name <> ${literal(CHECKED_EVENT_NAME)}) as positions,
    ${milliseconds('max(recorded_at)')} as recorded_at
  from event
) i`
  const [taking, holding] = [text(takeFloorLock(e, positionSequence)), text(retakeFloorLock(e, '$5'))]
  return (commitId, changes, floor) => {
    const rows = changes.flatMap((change, stream) =>
      (change.events.length > 0 ? change.events : placeholders(change)).map((event, index) => ({
        event,
        stream,
        nth: index + 1,
      })),
    )
    const streams = changes.map(({ aggregateType, aggregateId, expectedVersion }, stream) => ({
      stream,
      type: aggregateType,
      id: aggregateId,
      expected: expectedCode(expectedVersion),
    }))
    return {
      operation: 'append',
      text: floor === undefined ? taking : holding,
      parameters: [
        JSON.stringify(streams),
        commitId,
        ...eventParameters(
          rows.map(({ event }) => event),
          e.own,
          (index) => `"stream":${rows[index]!.stream},"nth":${rows[index]!.nth},`,
        ),
        ...(floor === undefined ? [] : [floor]),
      ],
      decode: ([row]) => decodeAppend(row ?? {}),
    }
  }
}

/** A stream that merely has to exist cannot stop existing, and `'any'` asks for nothing: both need no placeholder. */
function placeholders({ expectedVersion, placeholder }: StreamChange): readonly EncodedEvent[] {
  return expectedVersion === 'any' || expectedVersion === 'stream-exists'
    ? []
    : [placeholder === undefined ? PLACEHOLDER : { ...PLACEHOLDER, own: placeholder }]
}

const PLACEHOLDER: EncodedEvent = {
  name: CHECKED_EVENT_NAME,
  version: 1,
  payload: { text: 'null', codec: 'json', codecVersion: 1 },
  metadata: '{}',
}

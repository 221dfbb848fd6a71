import { CHECKED_EVENT_NAME } from '../../model/stored.js'
import type { AppendOutcome, EncodedEvent, StreamChange, StreamCommit } from '../../model/stored.js'
import { expectedCode } from '../expected-code.js'
import { ownNames } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { AppendPlace } from '../statements.js'
import type { EventTable } from '../tables.js'
import { literal } from '../tables.js'
import { decodeAppend } from './append-to-stream.js'
import { COMMIT_MARK } from './commit-mark.js'
import { milliseconds } from './event-columns.js'
import { eventParameters } from './event-parameters.js'
import { failUnless } from './fail-unless.js'
import { checkedBy, sequencesChecked } from './gap-guard.js'
import { GIVE_UP_SOON } from './impatience.js'
import { retakeFloorLock, takeFloorLock } from './floor-lock.js'
import { ownDefinitions, ownLabels, ownValuesOrLast } from './own-columns.js'

/**
 * Appends commits of any number of streams in one statement, each of them all or nothing: one that is refused does
 * not touch the others. No two of them may have a stream in common.
 *
 * Positions are drawn in the order in which the events were handed in; rows are inserted sorted by stream, so
 * that two statements which share streams wait for each other instead of deadlocking. A stream that is only
 * checked gets a placeholder at its next sequence: the primary key then makes a concurrent writer of that
 * stream wait, and whichever of the two comes second fails. The placeholder removes itself (see the migration).
 */
export function appendToStreams(
  e: EventTable,
  positionSequence: string,
): (commits: readonly StreamCommit[], place: AppendPlace) => Statement<readonly AppendOutcome[]> {
  const text = (floorLock: string, checked = ''): string => `${COMMIT_MARK} with stream as materialized (
  select s.*, coalesce((
    select e.${e.sequence} from ${e.table} e where e.${e.aggregateType} = s.type and e.${e.aggregateId} = s.id
      and e.${e.sequence} >= s.expected
    order by e.${e.sequence} desc limit 1
  ), 0) as version
  from json_to_recordset($1::json) as s(commit int, commit_id uuid, stream int, type text, id text, expected int)
), verdict as materialized (
  select commit, string_agg(version::text, ',' order by stream) as versions,
    bool_and(case expected when -2 then true when -1 then version > 0 else version = expected end) as accepted
  from stream group by commit
), held as materialized (
  select ${floorLock}, ${sequencesChecked('$4')}, date_trunc('milliseconds', clock_timestamp()) as recorded_at
  where exists (select from verdict where accepted)
), event as materialized (
  select nextval(${literal(positionSequence)}::regclass) as position, held.recorded_at, new.*
  from held, rows from (
    json_to_recordset($2::json) as (
      commit int, stream int, nth int, name text, version int, codec text, codec_version int, metadata jsonb${ownDefinitions(e.own)}
    ),
    json_array_elements($3::json)
  ) with ordinality as new(commit, stream, nth, name, version, codec, codec_version, metadata${ownLabels(e.own)}, payload, ordinality)
  where new.commit = any (array(select v.commit from verdict v where v.accepted))
), inserted as (
  insert into ${e.table} (${e.aggregateType}, ${e.aggregateId}, ${e.sequence}, ${e.position}, ${e.commitId},
    ${e.eventName}, ${e.eventVersion}, ${e.payload}, ${e.payloadCodec}, ${e.payloadCodecVersion}, ${e.metadata},
    ${e.recordedAt}${ownNames(e.own)})
  overriding system value
  select stream.type, stream.id, stream.version + event.nth, event.position, stream.commit_id, event.name, event.version,
    event.payload, event.codec, event.codec_version, event.metadata, event.recorded_at${ownValuesOrLast(e, 'event', 'stream')}
  from event join stream on stream.stream = event.stream
  order by stream.type collate "C", stream.id collate "C", event.nth
  returning 1
)
select verdict.accepted::int as accepted, verdict.versions, i.positions, i.recorded_at,
  ${failUnless('(select count(*) from inserted) = (select count(*) from event)', 'a trigger of the host kept events from being stored')}${checked}
from verdict left join (
  select commit, ${milliseconds('max(recorded_at)')} as recorded_at,
    string_agg(position::text, ',' order by ordinality) filter (where name <> ${literal(CHECKED_EVENT_NAME)}) as positions
  from event group by commit
) i on i.commit = verdict.commit
order by verdict.commit`
  const floorLock = takeFloorLock(e, positionSequence)
  const orFail = `, ${failUnless('verdict.accepted')}`
  const taking = text(floorLock)
  const failing = text(floorLock, orFail)
  const sharing = text(`${floorLock}, ${GIVE_UP_SOON}`)
  const sharingOrFailing = text(`${floorLock}, ${GIVE_UP_SOON}`, orFail)
  const retaking = text(retakeFloorLock(e, '$5'))
  const textAt = (place: AppendPlace): string => {
    if (place.floor !== undefined) return retaking
    if (place.isShared) return place.orFail ? sharingOrFailing : sharing
    return place.orFail ? failing : taking
  }
  return (commits, place) => {
    const streams = commits.flatMap(({ commitId, changes }, commit) =>
      changes.map((change) => ({ commit, commitId, change })),
    )
    const rows = streams.flatMap(({ commit, change }, stream) =>
      (change.events.length > 0 ? change.events : placeholders(change)).map((event, index) => ({
        event,
        place: `"commit":${commit},"stream":${stream},"nth":${index + 1},`,
      })),
    )
    return {
      operation: 'append',
      text: textAt(place),
      parameters: [
        JSON.stringify(
          streams.map(({ commit, commitId, change }, stream) => ({
            commit,
            commit_id: commitId,
            stream,
            type: change.aggregateType,
            id: change.aggregateId,
            expected: expectedCode(change.expectedVersion),
          })),
        ),
        ...eventParameters(
          rows.map(({ event }) => event),
          e.own,
          (index) => rows[index]!.place,
        ),
        checkedBy(place),
        ...(place.floor === undefined ? [] : [place.floor]),
      ],
      decode: (verdicts) => verdicts.map(decodeAppend),
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

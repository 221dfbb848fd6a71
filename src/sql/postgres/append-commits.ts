import type { AppendOutcome, StreamCommit } from '../../model/stored.js'
import { exactVersion } from '../../model/expected-version.js'
import { decodeIntegers, refused } from '../decode.js'
import { ownNames } from '../own-columns.js'
import type { Statement } from '../statement.js'
import { ALONE } from '../statements.js'
import type { EventTable } from '../tables.js'
import { literal } from '../tables.js'
import { COMMIT_MARK } from './commit-mark.js'
import { decodeTime, milliseconds } from './event-columns.js'
import { failUnless } from './fail-unless.js'
import { takeFloorLock } from './floor-lock.js'
import { checkedBy, sequencesChecked } from './gap-guard.js'
import { GIVE_UP_SOON } from './impatience.js'
import {
  columnOf,
  eventColumnParameters,
  eventColumnsFrom,
  eventLabels,
  textColumns,
} from './json-columns.js'
import { ownValues } from './own-columns.js'

/**
 * Appends commits that each have events of one stream and an exact version, in one statement: each is all or nothing,
 * and one that is refused does not touch the others. No two of them may have a stream in common. It costs half of what
 * `appendToStreams` does: every event asks for itself whether its stream ends where the commit expects it to, with one
 * look at the key, which is cheaper than to judge commits first and to join their events with the verdicts. It looks no further
 * back than that version: the server would read every event of the stream that is on the same page of the index.
 *
 * Rows are inserted sorted by stream, so that two statements which share streams wait for each other instead of deadlocking.
 */
export function appendCommits(
  e: EventTable,
  positionSequence: string,
): (commits: readonly StreamCommit[], orFail: boolean) => Statement<readonly AppendOutcome[]> {
  const text = (checked = ''): string => `${COMMIT_MARK} with held as materialized (
  select ${takeFloorLock(e, positionSequence)}, ${sequencesChecked('$1')}, ${GIVE_UP_SOON}, date_trunc('milliseconds', clock_timestamp()) as recorded_at
), event as materialized (
  select nextval(${literal(positionSequence)}::regclass) as position, held.recorded_at, new.*
  from held, rows from (
    ${textColumns(5, 2)}, ${eventColumnsFrom(e.own, 7)}
  ) with ordinality as new(type, id, expected, nth, commit_id, ${eventLabels(e.own)}, ordinality)
  where new.expected::int = coalesce((
    select e.${e.sequence} from ${e.table} e where e.${e.aggregateType} = new.type and e.${e.aggregateId} = new.id
      and e.${e.sequence} >= new.expected::int
    order by e.${e.sequence} desc limit 1
  ), 0)
), inserted as (
  insert into ${e.table} (${e.aggregateType}, ${e.aggregateId}, ${e.sequence}, ${e.position}, ${e.commitId},
    ${e.eventName}, ${e.eventVersion}, ${e.payload}, ${e.payloadCodec}, ${e.payloadCodecVersion}, ${e.metadata},
    ${e.recordedAt}${ownNames(e.own)})
  overriding system value
  select event.type, event.id, event.expected::int + event.nth::int, event.position, event.commit_id::uuid, event.name,
    event.version::int, event.payload, event.codec, event.codec_version::int, event.metadata::jsonb, event.recorded_at${ownValues(e.own, 'event')}
  from event
  order by event.type collate "C", event.id collate "C", event.nth::int
  returning 1
)
select string_agg(ordinality::text, ',') as places, string_agg(position::text, ',') as positions,
  ${milliseconds('max(recorded_at)')} as recorded_at,
  ${failUnless('count(*) = (select count(*) from inserted)', 'a trigger of the host kept events from being stored')}${checked}
from event`
  const refusing = text()
  const failing = text(`, ${failUnless('count(*) = json_array_length($2::json)')}`)
  return (commits, orFail) => {
    const rows = commits.flatMap(({ commitId, changes: [change] }) => {
      const expected = exactVersion(change!.expectedVersion)
      return change!.events.map((event, index) => ({
        event,
        stream: change!,
        expected,
        nth: index + 1,
        commitId,
      }))
    })
    return {
      operation: 'append',
      text: orFail ? failing : refusing,
      parameters: [
        checkedBy(ALONE),
        columnOf(rows, ({ stream }) => stream.aggregateType),
        columnOf(rows, ({ stream }) => stream.aggregateId),
        columnOf(rows, ({ expected }) => expected),
        columnOf(rows, ({ nth }) => nth),
        columnOf(rows, ({ commitId }) => commitId),
        ...eventColumnParameters(
          rows.map(({ event }) => event),
          e.own,
        ),
      ],
      decode: ([row]) => {
        const positions = new Map<number, number>()
        const drawn = decodeIntegers(row?.['positions'])
        decodeIntegers(row?.['places']).forEach((place, index) => positions.set(place, drawn[index]!))
        const recordedAt = positions.size > 0 ? decodeTime(row?.['recorded_at']) : undefined
        let place = 1
        return commits.map(({ changes: [change] }) => {
          const first = place
          place += change!.events.length
          if (!positions.has(first)) return refused
          return {
            accepted: true,
            versions: [exactVersion(change!.expectedVersion)!],
            positions: change!.events.map((_, index) => positions.get(first + index)!),
            recordedAt,
          }
        })
      },
    }
  }
}

/** Whether the commit has events of one stream, whose version it knows. */
export function isOfOneStream({ changes: [change, second] }: StreamCommit): boolean {
  return (
    change !== undefined &&
    second === undefined &&
    change.events.length > 0 &&
    exactVersion(change.expectedVersion) !== undefined
  )
}

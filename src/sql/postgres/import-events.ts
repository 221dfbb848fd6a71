import type { StoredEvent } from '../../model/stored.js'
import type { StreamIdentity } from '../../model/stream-identity.js'
import { decodeEvent, decodeInteger } from '../decode.js'
import type { EventPlace, ImportedEvent } from '../imported-event.js'
import { ownNames } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'
import { decodeTime, eventColumns } from './event-columns.js'
import { failUnless } from './fail-unless.js'
import { takeFloorLock } from './floor-lock.js'
import { sequencesChecked } from './gap-guard.js'
import {
  columnOf,
  eventColumnParameters,
  eventColumnsFrom,
  eventLabels,
  textColumns,
} from './json-columns.js'
import { ownValues } from './own-columns.js'

/**
 * Goes ahead of the events. Readers of the feed wait for the positions that the transaction is about to draw; see
 * floor-lock.ts. `isCertain`: every event is known to follow the last one of its stream, so that the gap guard need not look.
 */
export function beginImport(
  e: EventTable,
  positionSequence: string,
): (isCertain: boolean) => Statement<void> {
  const text = `select ${takeFloorLock(e, positionSequence)}, ${sequencesChecked('$1')}`
  return (isCertain) => ({
    operation: 'import',
    text,
    parameters: [isCertain ? 'on' : 'off'],
    decode: () => undefined,
  })
}

/**
 * Inserts events with the times they bring, in the order handed in. The keys and guards of the table apply.
 */
export function importEvents(e: EventTable, events: readonly ImportedEvent[]): Statement<void> {
  return {
    operation: 'import',
    text: `with inserted as (
insert into ${e.table} (${e.aggregateType}, ${e.aggregateId}, ${e.sequence}, ${e.commitId}, ${e.eventName},
  ${e.eventVersion}, ${e.payloadCodec}, ${e.payloadCodecVersion}, ${e.metadata}, ${e.recordedAt}, ${e.payload}${ownNames(e.own)})
select new.type, new.id, new.sequence::int, new.commit_id::uuid, new.name, new.version::int, new.codec,
  new.codec_version::int, new.metadata::jsonb,
  coalesce(timestamptz 'epoch' + new.time::bigint * interval '1 millisecond', date_trunc('milliseconds', statement_timestamp())),
  new.payload${ownValues(e.own, 'new')}
from rows from (
  ${textColumns(5, 1)},
  ${eventColumnsFrom(e.own, 6)}
) with ordinality as new(type, id, sequence, commit_id, time, ${eventLabels(e.own)}, nth)
order by new.nth
returning 1
) select ${failUnless('count(*) = json_array_length($1::json)', 'a trigger of the host kept events from being stored')} from inserted`,
    parameters: [
      columnOf(events, ({ aggregateType }) => aggregateType),
      columnOf(events, ({ aggregateId }) => aggregateId),
      columnOf(events, ({ sequence }) => sequence),
      columnOf(events, ({ commitId }) => commitId),
      columnOf(events, ({ recordedAt }) => recordedAt?.getTime() ?? null),
      ...eventColumnParameters(events, e.own),
    ],
    decode: () => undefined,
  }
}

/** Those of the events that exist. */
export function findEvents(e: EventTable, places: readonly EventPlace[]): Statement<readonly StoredEvent[]> {
  return {
    operation: 'import',
    text: `select ${eventColumns(e)}
from json_to_recordset($1::json) as p(type text, id text, sequence int)
join ${e.table} e on e.${e.aggregateType} = p.type and e.${e.aggregateId} = p.id and e.${e.sequence} = p.sequence`,
    parameters: [
      JSON.stringify(
        places.map(({ aggregateType, aggregateId, sequence }) => ({
          type: aggregateType,
          id: aggregateId,
          sequence,
        })),
      ),
    ],
    decode: (rows) => rows.map((row) => decodeEvent(row, decodeTime, e.own)),
  }
}

/** How many events each stream has, in the order asked for. */
export function countEvents(e: EventTable, streams: readonly StreamIdentity[]): Statement<readonly number[]> {
  return {
    operation: 'import',
    text: `select (
  select count(*) from ${e.table} e where e.${e.aggregateType} = s.type and e.${e.aggregateId} = s.id
) as events
from rows from (json_to_recordset($1::json) as (type text, id text)) with ordinality as s(type, id, nth)
order by s.nth`,
    parameters: [
      JSON.stringify(
        streams.map(({ aggregateType, aggregateId }) => ({ type: aggregateType, id: aggregateId })),
      ),
    ],
    decode: (rows) => rows.map((row) => decodeInteger(row['events'])),
  }
}

import type { StoredEvent } from '../../model/stored.js'
import type { StreamIdentity } from '../../model/stream-identity.js'
import { decodeEvent, decodeInteger } from '../decode.js'
import type { EventPlace, ImportedEvent } from '../imported-event.js'
import { ownNames } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'
import { NOW } from './clock.js'
import { decodeTime, encodeTime, eventColumns } from './event-columns.js'
import { ownMembers } from './own-columns.js'

/** Inserts events with the times they bring, in the order handed in. The keys and guards of the table apply. */
export function importEvents(e: EventTable, events: readonly ImportedEvent[]): Statement<void> {
  return {
    operation: 'import',
    text: `insert into ${e.table} (${e.aggregateType}, ${e.aggregateId}, ${e.sequence}, ${e.commitId}, ${e.eventName},
  ${e.eventVersion}, ${e.payload}, ${e.payloadCodec}, ${e.payloadCodecVersion}, ${e.metadata}, ${e.recordedAt}${ownNames(e.own)})
select new.value ->> 0, new.value ->> 1, new.value ->> 2, new.value ->> 3, new.value ->> 4, new.value ->> 5,
  new.value ->> 6, new.value ->> 7, new.value ->> 8, new.value ->> 9, coalesce(new.value ->> 10, ${NOW})${ownMembers(e.own, 'new.value', 11)}
from json_each(?) new order by new.key`,
    parameters: [
      JSON.stringify(
        events.map((event) => [
          event.aggregateType,
          event.aggregateId,
          event.sequence,
          event.commitId,
          event.name,
          event.version,
          event.payload.text,
          event.payload.codec,
          event.payload.codecVersion,
          event.metadata,
          event.recordedAt && encodeTime(event.recordedAt),
          ...(event.own ?? []),
        ]),
      ),
    ],
    decode: () => undefined,
  }
}

/** Those of the events that exist. */
export function findEvents(e: EventTable, places: readonly EventPlace[]): Statement<readonly StoredEvent[]> {
  return {
    operation: 'import',
    text: `select ${eventColumns(e)}
from json_each(?) p cross join ${e.table} e
  on e.${e.aggregateType} = p.value ->> 0 and e.${e.aggregateId} = p.value ->> 1 and e.${e.sequence} = p.value ->> 2`,
    parameters: [
      JSON.stringify(
        places.map(({ aggregateType, aggregateId, sequence }) => [aggregateType, aggregateId, sequence]),
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
  select count(*) from ${e.table} e
  where e.${e.aggregateType} = s.value ->> 0 and e.${e.aggregateId} = s.value ->> 1
) as events
from json_each(?) s order by s.key`,
    parameters: [
      JSON.stringify(streams.map(({ aggregateType, aggregateId }) => [aggregateType, aggregateId])),
    ],
    decode: (rows) => rows.map((row) => decodeInteger(row['events'])),
  }
}

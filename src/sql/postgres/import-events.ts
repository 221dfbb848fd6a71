import type { StoredEvent } from '../../model/stored.js'
import type { StreamIdentity } from '../../model/stream-identity.js'
import { decodeEvent, decodeInteger } from '../decode.js'
import type { EventPlace, ImportedEvent } from '../imported-event.js'
import { ownNames } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'
import { decodeTime, eventColumns } from './event-columns.js'
import { eventParameters } from './event-parameters.js'
import { takeFloorLock } from './floor-lock.js'
import { ownDefinitions, ownLabels, ownValues } from './own-columns.js'

/** Readers of the feed wait for the positions that the transaction is about to draw; see floor-lock.ts. */
export function holdFloor(e: EventTable, positionSequence: string): Statement<void> {
  return {
    operation: 'import',
    text: `select ${takeFloorLock(e, positionSequence)}`,
    parameters: [],
    decode: () => undefined,
  }
}

/** Inserts events with the times they bring, in the order handed in. The keys and guards of the table apply. */
export function importEvents(e: EventTable, events: readonly ImportedEvent[]): Statement<void> {
  return {
    operation: 'import',
    text: `insert into ${e.table} (${e.aggregateType}, ${e.aggregateId}, ${e.sequence}, ${e.commitId}, ${e.eventName},
  ${e.eventVersion}, ${e.payload}, ${e.payloadCodec}, ${e.payloadCodecVersion}, ${e.metadata}, ${e.recordedAt}${ownNames(e.own)})
select new.type, new.id, new.sequence, new.commit_id, new.name, new.version, new.payload, new.codec, new.codec_version,
  new.metadata, timestamptz 'epoch' + new.time * interval '1 millisecond'${ownValues(e.own, 'new')}
from rows from (
  json_to_recordset($1::json) as (
    type text, id text, sequence int, commit_id uuid, time bigint,
    name text, version int, codec text, codec_version int, metadata jsonb${ownDefinitions(e.own)}
  ),
  json_array_elements($2::json)
) with ordinality as new(type, id, sequence, commit_id, time, name, version, codec, codec_version, metadata${ownLabels(e.own)}, payload, nth)
order by new.nth`,
    parameters: eventParameters(events, e.own, (index) => {
      const { aggregateType, aggregateId, sequence, commitId, recordedAt } = events[index]!
      return (
        `"type":${JSON.stringify(aggregateType)},"id":${JSON.stringify(aggregateId)},"sequence":${sequence},` +
        `"commit_id":"${commitId}","time":${recordedAt.getTime()},`
      )
    }),
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

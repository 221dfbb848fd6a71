import type { StoredEvent } from '../../model/stored.js'
import type { StreamIdentity } from '../../model/stream-identity.js'
import { decodeEvent, decodeInteger } from '../decode.js'
import type { EventPlace, ImportedEvent } from '../imported-event.js'
import { ownNames } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'
import { decodeTime, eventColumns } from './event-columns.js'
import { takeFloorLock } from './floor-lock.js'
import { ownDefinitions, ownLabels, ownRecord, ownValues } from './own-columns.js'

/** Readers of the feed wait for the positions that the transaction is about to draw; see floor-lock.ts. */
export function holdFloor(e: EventTable, positionSequence: string): Statement<void> {
  return {
    operation: 'import',
    text: `select ${takeFloorLock(e, positionSequence)}`,
    parameters: [],
    decode: () => undefined,
  }
}

/**
 * Inserts events with the times they bring, in the order handed in. The keys and guards of the table apply.
 *
 * They travel by column: the server reads eleven arrays in little more than the time that COPY takes, and an array of
 * objects in half as much again. Payloads keep their text, because only JSON can hold `\u0000`.
 */
export function importEvents(e: EventTable, events: readonly ImportedEvent[]): Statement<void> {
  const { filled } = e.own
  const own =
    filled.length === 0 ? '' : `,\n  json_to_recordset($12::json) as (${ownDefinitions(e.own).slice(2)})`
  return {
    operation: 'import',
    text: `insert into ${e.table} (${e.aggregateType}, ${e.aggregateId}, ${e.sequence}, ${e.commitId}, ${e.eventName},
  ${e.eventVersion}, ${e.payloadCodec}, ${e.payloadCodecVersion}, ${e.metadata}, ${e.recordedAt}, ${e.payload}${ownNames(e.own)})
select new.type, new.id, new.sequence::int, new.commit_id::uuid, new.name, new.version::int, new.codec,
  new.codec_version::int, new.metadata::jsonb,
  coalesce(timestamptz 'epoch' + new.time::bigint * interval '1 millisecond', date_trunc('milliseconds', statement_timestamp())),
  new.payload${ownValues(e.own, 'new')}
from rows from (
  ${Array.from({ length: 10 }, (_, column) => `json_array_elements_text($${column + 1}::json)`).join(', ')},
  json_array_elements($11::json)${own}
) with ordinality as new(type, id, sequence, commit_id, name, version, codec, codec_version, metadata, time, payload${ownLabels(e.own)}, nth)
order by new.nth`,
    parameters: [
      columnOf(events, ({ aggregateType }) => aggregateType),
      columnOf(events, ({ aggregateId }) => aggregateId),
      columnOf(events, ({ sequence }) => sequence),
      columnOf(events, ({ commitId }) => commitId),
      columnOf(events, ({ name }) => name),
      columnOf(events, ({ version }) => version),
      columnOf(events, ({ payload }) => payload.codec),
      columnOf(events, ({ payload }) => payload.codecVersion),
      jsonColumnOf(events, ({ metadata }) => metadata),
      columnOf(events, ({ recordedAt }) => recordedAt?.getTime() ?? null),
      jsonColumnOf(events, ({ payload }) => payload.text),
      ...(filled.length === 0 ? [] : [jsonColumnOf(events, ({ own = [] }) => ownRecord(e.own, own))]),
    ],
    decode: () => undefined,
  }
}

function columnOf(events: readonly ImportedEvent[], valueOf: (event: ImportedEvent) => unknown): string {
  return JSON.stringify(events.map(valueOf))
}

/** The same for values that are JSON text already. */
function jsonColumnOf(events: readonly ImportedEvent[], textOf: (event: ImportedEvent) => string): string {
  return `[${events.map(textOf).join(',')}]`
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

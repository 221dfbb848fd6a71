import type { AppendOutcome, StreamChange } from '../../model/stored.js'
import { decodeInteger, decodeIntegers } from '../decode.js'
import type { Statement } from '../statement.js'
import type { EventTable } from '../tables.js'
import { decodeTime, milliseconds } from './event-columns.js'

/** What a commit wrote to these streams; `undefined` if it is not in the database. */
export function findCommit(
  e: EventTable,
): (commitId: string, streams: readonly StreamChange[]) => Statement<AppendOutcome | undefined> {
  const text = `select count(*) as found, string_agg(e.positions, ',' order by e.first) as positions,
  string_agg(e.version::text, ',' order by s.stream) as versions, max(e.recorded_at) as recorded_at
from json_to_recordset($1::json) as s(stream int, type text, id text, known int)
cross join lateral (
  select string_agg(l.${e.position}::text, ',' order by l.${e.position}) as positions, min(l.${e.position}) as first,
    min(l.${e.sequence}) - 1 as version, ${milliseconds(`max(l.${e.recordedAt})`)} as recorded_at
  from ${e.table} l
  where l.${e.aggregateType} = s.type and l.${e.aggregateId} = s.id and l.${e.sequence} > s.known
    and l.${e.commitId} = $2::uuid
  having count(*) > 0
) e`
  return (commitId, streams) => ({
    operation: 'find commit',
    text,
    parameters: [
      JSON.stringify(
        streams.map(({ aggregateType, aggregateId, expectedVersion }, stream) => ({
          stream,
          type: aggregateType,
          id: aggregateId,
          known: typeof expectedVersion === 'number' ? expectedVersion : 0,
        })),
      ),
      commitId,
    ],
    decode: ([row]) =>
      row === undefined || decodeInteger(row['found']) === 0
        ? undefined
        : {
            accepted: true,
            versions: decodeIntegers(row['versions']),
            positions: decodeIntegers(row['positions']).sort((a, b) => a - b),
            recordedAt: decodeTime(row['recorded_at']),
          },
  })
}

import { decodeStreams, LONGEST_PAYLOAD } from '../decode.js'
import type { Statement } from '../statement.js'
import type { LoadedStream, StreamsToLoad } from '../statements.js'
import type { EventTable, Tables } from '../tables.js'

/**
 * Streams of one type: the newest snapshot of each and the events after it, in one statement and one row a
 * stream. A snapshot counts if it is of the asked kind, not beyond the asked version, and its last event really
 * exists.
 */
export function loadStreams({
  events: e,
  snapshots: s,
}: Tables): (streams: StreamsToLoad) => Statement<ReadonlyMap<string, LoadedStream>> {
  const text = `with asked(type, ids, snapshot_type, snapshot_version, to_version, page) as (select ?, ?, ?, ?, ?, ?),
wanted as materialized (
  select asked.type, w.value as aggregate_id, asked.to_version, asked.page, s.${s.version} as snapshot_at,
    s.${s.snapshotType} as snapshot_type, s.${s.snapshotVersion} as snapshot_version, s.${s.payload} as payload,
    s.${s.payloadCodec} as codec, s.${s.payloadCodecVersion} as codec_version,
    coalesce(s.${s.snapshotType} = asked.snapshot_type and s.${s.snapshotVersion} = asked.snapshot_version
      and s.${s.version} <= asked.to_version and exists (select 1 from ${e.table} l where l.${e.aggregateType} = asked.type
        and l.${e.aggregateId} = w.value and l.${e.sequence} = s.${s.version}), 0) as usable
  from asked join json_each(asked.ids) w
  left join ${s.table} s on s.${s.aggregateType} = asked.type and s.${s.aggregateId} = w.value
    and asked.snapshot_type is not null
)
select w.aggregate_id, w.snapshot_at, w.snapshot_type, w.snapshot_version, w.payload, w.codec, w.codec_version, w.usable,
  (
  ${tail(e)}
) as tail
from wanted w`
  return ({ aggregateType, aggregateIds, snapshotType, snapshotVersion, toVersion, limit }) => ({
    operation: 'load',
    text,
    parameters: [
      aggregateType,
      JSON.stringify(aggregateIds),
      snapshotType ?? null,
      snapshotVersion ?? null,
      toVersion,
      limit,
    ],
    decode: (rows) => decodeStreams(rows, aggregateType, limit),
  })
}

/**
 * The text that `decodeTail` reads. The aggregates keep the order of the subquery, which is the index's. A payload
 * that is a bare number is a number for SQLite, and as a text of its own making would lose digits; `json_quote`
 * gives a payload that needs its codec as a string.
 */
function tail(e: EventTable): string {
  const start = `case when w.usable then w.snapshot_at else 0 end`
  const isJson = `e.codec = 'json' and e.codec_version = 1`
  return `select '[' || json_group_array(e.name) || ',' ||
    json_group_object(e.sequence, json_array(e.version, e.codec, e.codec_version))
      filter (where not (e.version = 1 and ${isJson})) || ',[' || coalesce(
      group_concat(case when typeof(e.payload) = 'real' then printf('%!.17g', e.payload)
        when typeof(e.payload) = 'integer' or ${isJson} then e.payload else json_quote(e.payload) end, ',')
        filter (where length(e.payload) <= ${LONGEST_PAYLOAD}), ''
    ) || ']]'
  from (
    select e.${e.sequence} as sequence, e.${e.eventName} as name, e.${e.eventVersion} as version,
      e.${e.payload} as payload, e.${e.payloadCodec} as codec, e.${e.payloadCodecVersion} as codec_version
    from ${e.table} e
    where e.${e.aggregateType} = w.type and e.${e.aggregateId} = w.aggregate_id
      and e.${e.sequence} > ${start} and e.${e.sequence} <= min(w.to_version, w.page + ${start})
    order by e.${e.sequence}
  ) e`
}

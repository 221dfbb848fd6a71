import { decodeStreams, LONGEST_TAIL } from '../decode.js'
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
  select asked.type, w.key as nth, w.value as aggregate_id, asked.to_version, asked.page, s.${s.version} as snapshot_at,
    s.${s.snapshotType} as snapshot_type, s.${s.snapshotVersion} as snapshot_version, s.${s.payload} as payload,
    s.${s.payloadCodec} as codec, s.${s.payloadCodecVersion} as codec_version,
    coalesce(s.${s.snapshotType} = asked.snapshot_type and s.${s.snapshotVersion} = asked.snapshot_version
      and s.${s.version} <= asked.to_version and exists (select 1 from ${e.table} l where l.${e.aggregateType} = asked.type
        and l.${e.aggregateId} = w.value and l.${e.sequence} = s.${s.version}), 0) as usable
  from asked join json_each(asked.ids) w
  left join ${s.table} s on s.${s.aggregateType} = asked.type and s.${s.aggregateId} = w.value
    and asked.snapshot_type is not null
), event as (
  ${tailEvents(e)}
), tail as (
  ${TAIL}
)
select w.aggregate_id, w.snapshot_at, w.snapshot_type, w.snapshot_version, w.payload, w.codec, w.codec_version, w.usable,
  coalesce(tail.found, 0) as found, tail.fitting, tail.names, tail.others, tail.payloads
from wanted w left join tail on tail.nth = w.nth`
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
 * The events after each wanted stream's snapshot. The cross join keeps SQLite from going through all events once
 * for every stream. A payload that is a bare number is a number for SQLite, and as a text of its own making would
 * lose digits.
 */
function tailEvents(e: EventTable): string {
  const start = `case when w.usable then w.snapshot_at else 0 end`
  return `select w.nth, e.${e.sequence} as sequence, e.${e.eventName} as name, e.${e.eventVersion} as version,
    e.${e.payloadCodec} as codec, e.${e.payloadCodecVersion} as codec_version,
    case typeof(e.${e.payload}) when 'real' then printf('%!.17g', e.${e.payload}) when 'integer' then e.${e.payload}
      else case when e.${e.payloadCodec} = 'json' and e.${e.payloadCodecVersion} = 1 then e.${e.payload}
        else json_quote(e.${e.payload}) end end as payload,
    sum(length(e.${e.payload})) over (partition by w.nth order by e.${e.sequence} rows unbounded preceding)
      <= ${LONGEST_TAIL} as fits
  from wanted w cross join ${e.table} e on e.${e.aggregateType} = w.type and e.${e.aggregateId} = w.aggregate_id
    and e.${e.sequence} > ${start} and e.${e.sequence} <= min(w.to_version, w.page + ${start})
  order by w.nth, e.${e.sequence}`
}

/** One row a stream. The aggregates keep the order of the rows that they read. */
const TAIL = `select nth, count(*) as found, count(*) filter (where fits) as fitting, json_group_array(name) as names,
    nullif(json_group_object(sequence, json_array(version, codec, codec_version))
      filter (where version <> 1 or codec <> 'json' or codec_version <> 1), '{}') as others,
    '[' || group_concat(payload, ',') filter (where fits) || ']' as payloads
  from event group by nth`

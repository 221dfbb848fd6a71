import { decodeStreams } from '../decode.js'
import type { Statement } from '../statement.js'
import type { LoadedStream, StreamsToLoad } from '../statements.js'
import type { Tables } from '../tables.js'
import { decodeTime, eventColumns } from './event-columns.js'

/**
 * Streams of one type: the newest snapshot of each and the events after it, in one statement. A snapshot counts
 * if it is of the asked kind, not beyond the asked version, and its last event really exists.
 */
export function loadStreams({
  events: e,
  snapshots: s,
}: Tables): (streams: StreamsToLoad) => Statement<ReadonlyMap<string, LoadedStream>> {
  const text = `with asked(type, ids, snapshot_type, snapshot_version, to_version, page) as (select ?, ?, ?, ?, ?, ?),
wanted as materialized (
  select asked.type, w.value as id, asked.to_version, asked.page, s.${s.version} as snapshot_at,
    s.${s.snapshotType} as snapshot_type, s.${s.snapshotVersion} as snapshot_version, s.${s.payload} as payload,
    s.${s.payloadCodec} as codec, s.${s.payloadCodecVersion} as codec_version,
    coalesce(s.${s.snapshotType} = asked.snapshot_type and s.${s.snapshotVersion} = asked.snapshot_version
      and s.${s.version} <= asked.to_version and exists (select 1 from ${e.table} l where l.${e.aggregateType} = asked.type
        and l.${e.aggregateId} = w.value and l.${e.sequence} = s.${s.version}), 0) as usable
  from asked join json_each(asked.ids) w
  left join ${s.table} s on s.${s.aggregateType} = asked.type and s.${s.aggregateId} = w.value
    and asked.snapshot_type is not null
)
select 1 as is_snapshot, usable, type as aggregate_type, id as aggregate_id, snapshot_at as sequence, 0 as position,
  null as commit_id, snapshot_type as name, snapshot_version as version, payload, codec, codec_version,
  '{}' as metadata, '' as recorded_at
from wanted where snapshot_at is not null
union all
select 0, 0, ${eventColumns(e)}
from wanted join ${e.table} e on e.${e.aggregateType} = wanted.type and e.${e.aggregateId} = wanted.id
  and e.${e.sequence} > case when wanted.usable then wanted.snapshot_at else 0 end
  and e.${e.sequence} <= min(wanted.to_version, wanted.page + case when wanted.usable then wanted.snapshot_at else 0 end)
order by 4, 1 desc, 5`
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
    decode: (rows) => decodeStreams(rows, decodeTime),
  })
}

import { decodeStreams } from '../decode.js'
import type { Statement } from '../statement.js'
import type { LoadedStream, StreamsToLoad } from '../statements.js'
import type { EventTable, SnapshotTable, Tables } from '../tables.js'
import { decodeTime, eventColumns } from './event-columns.js'

/** Streams of one type: the newest snapshot of each and the events after it, in one round trip. */
export function loadStreams({
  events,
  snapshots,
}: Tables): (streams: StreamsToLoad) => Statement<ReadonlyMap<string, LoadedStream>> {
  const text = `with wanted as materialized (
  select w.id, ${snapshotColumns(snapshots)}, ${usable(events, snapshots)} as usable
  from unnest((select $2::text[])) as w(id)
  left join ${snapshots.table} s on s.${snapshots.aggregateType} = $1 and s.${snapshots.aggregateId} = w.id
    and $3::text is not null
)
select 1 as is_snapshot, usable::int as usable, $1 as aggregate_type, id as aggregate_id, snapshot_at as sequence,
  0::bigint as position, null as commit_id, snapshot_type as name, snapshot_version as version, payload, codec,
  codec_version, '{}' as metadata, 0::float8 as recorded_at
from wanted where snapshot_at is not null
union all
select 0, 0, ${eventColumns(events)}
from wanted join ${events.table} e on e.${events.aggregateType} = $1 and e.${events.aggregateId} = wanted.id
  and e.${events.sequence} > case when wanted.usable then wanted.snapshot_at else 0 end
  and e.${events.sequence} <= least($5::int, case when wanted.usable then wanted.snapshot_at else 0 end + $6::bigint)
order by 4, 1 desc, 5`
  return ({ aggregateType, aggregateIds, snapshotType, snapshotVersion, toVersion, limit }) => ({
    operation: 'load',
    text,
    parameters: [
      aggregateType,
      aggregateIds,
      snapshotType ?? null,
      snapshotVersion ?? null,
      toVersion,
      limit,
    ],
    decode: (rows) => decodeStreams(rows, decodeTime),
  })
}

function snapshotColumns(s: SnapshotTable): string {
  return `s.${s.version} as snapshot_at, s.${s.snapshotType} as snapshot_type, s.${s.snapshotVersion} as snapshot_version,
    s.${s.payload}::text as payload, s.${s.payloadCodec} as codec, s.${s.payloadCodecVersion} as codec_version`
}

/** A snapshot counts if it is of the asked kind, not beyond the asked version, and its last event really exists. */
function usable(e: EventTable, s: SnapshotTable): string {
  return `coalesce(s.${s.snapshotType} = $3::text and s.${s.snapshotVersion} = $4::int and s.${s.version} <= $5::int
    and exists (select from ${e.table} l where l.${e.aggregateType} = $1 and l.${e.aggregateId} = w.id
      and l.${e.sequence} = s.${s.version}), false)`
}

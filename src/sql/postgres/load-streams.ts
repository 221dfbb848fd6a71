import { decodeStreams, LONGEST_PAYLOAD } from '../decode.js'
import type { Statement } from '../statement.js'
import type { LoadedStream, StreamsToLoad } from '../statements.js'
import type { EventTable, SnapshotTable, Tables } from '../tables.js'

/**
 * Streams of one type: the newest snapshot of each and the events after it, in one round trip and one row a
 * stream, because rows and columns that nobody reads are most of what loading costs.
 *
 * The limits inside the subqueries have the planner walk the primary keys. Joining the tables instead, it reads
 * them whole as soon as its statistics are older than the streams.
 */
export function loadStreams({
  events,
  snapshots,
}: Tables): (streams: StreamsToLoad) => Statement<ReadonlyMap<string, LoadedStream>> {
  const texts = {
    one: { plain: fromTheStart(events, ONE), snapshots: fromSnapshots(events, snapshots, ONE) },
    many: { plain: fromTheStart(events, MANY), snapshots: fromSnapshots(events, snapshots, MANY) },
  }
  return ({ aggregateType, aggregateIds, snapshotType, snapshotVersion, toVersion, limit }) => {
    const [id, another] = aggregateIds
    const isOne = id !== undefined && another === undefined
    const { plain, snapshots } = isOne ? texts.one : texts.many
    const parameters = [aggregateType, isOne ? id : aggregateIds, toVersion, limit]
    return {
      operation: 'load',
      text: snapshotType === undefined ? plain : snapshots,
      parameters: snapshotType === undefined ? parameters : [...parameters, snapshotType, snapshotVersion],
      decode: (rows) => decodeStreams(rows, aggregateType, limit),
    }
  }
}

/** The ids asked for, as a table of one column. A single one as a plain value is worth a sixth of the time. */
const ONE = '(select $2::text as aggregate_id)'
const MANY = 'unnest((select $2::text[]))'

/** For aggregates without snapshots, which are spared a fifth of the time. */
function fromTheStart(e: EventTable, ids: string): string {
  return `select w.aggregate_id, null as snapshot_at, tail.tail
from ${ids} as w(aggregate_id) cross join lateral (
  ${tail(e, '0')}
) tail`
}

function fromSnapshots(e: EventTable, s: SnapshotTable, ids: string): string {
  return `with wanted as materialized (
  select w.id as aggregate_id, ${snapshotColumns(s)}, ${usable(e, s)} as usable
  from ${ids} as w(id) left join lateral (
    select s.* from ${s.table} s where s.${s.aggregateType} = $1 and s.${s.aggregateId} = w.id limit 1
  ) s on true
)
select w.aggregate_id, w.snapshot_at, w.snapshot_type, w.snapshot_version, w.payload, w.codec, w.codec_version,
  w.usable::int as usable, tail.tail
from wanted w cross join lateral (
  ${tail(e, 'case when w.usable then w.snapshot_at else 0 end')}
) tail`
}

/** The text that `decodeTail` reads; `to_json` gives a payload that needs its codec as a string. */
function tail(e: EventTable, start: string): string {
  return `select '[' || coalesce(json_agg(e.name)::text, '[]') || ',' || coalesce(
      json_object_agg(e.sequence, json_build_array(e.version, e.codec, e.codec_version))
        filter (where not e.usual)::text, '{}'
    ) || ',[' || coalesce(
      string_agg(case when e.usual or e.codec = 'json' and e.codec_version = 1 then e.payload else to_json(e.payload)::text end, ',')
        filter (where octet_length(e.payload) <= ${LONGEST_PAYLOAD}), ''
    ) || ']]' as tail
  from (
    select e.${e.sequence} as sequence, e.${e.eventName} as name, e.${e.eventVersion} as version,
      e.${e.payload}::text as payload, e.${e.payloadCodec} as codec, e.${e.payloadCodecVersion} as codec_version,
      e.${e.eventVersion} = 1 and e.${e.payloadCodec} = 'json' and e.${e.payloadCodecVersion} = 1 as usual
    from ${e.table} e
    where e.${e.aggregateType} = $1 and e.${e.aggregateId} = w.aggregate_id and e.${e.sequence} <= $3::int
      and e.${e.sequence} > ${start}
    order by e.${e.sequence} limit $4::bigint
  ) e`
}

function snapshotColumns(s: SnapshotTable): string {
  return `s.${s.version} as snapshot_at, s.${s.snapshotType} as snapshot_type, s.${s.snapshotVersion} as snapshot_version,
    s.${s.payload}::text as payload, s.${s.payloadCodec} as codec, s.${s.payloadCodecVersion} as codec_version`
}

/**
 * A snapshot counts if it is of the asked kind, not beyond the asked version, and its last event really exists.
 * As `exists (…)` the planner would hash the last part, reading the key of every event there is.
 */
function usable(e: EventTable, s: SnapshotTable): string {
  return `coalesce(s.${s.snapshotType} = $5::text and s.${s.snapshotVersion} = $6::int and s.${s.version} <= $3::int
    and (select true from ${e.table} l where l.${e.aggregateType} = $1 and l.${e.aggregateId} = w.id
      and l.${e.sequence} = s.${s.version} limit 1), false)`
}

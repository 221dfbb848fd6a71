import type { StoredSnapshot } from '../../model/stored.js'
import { ownNames, ownReplaced } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { SnapshotTable, Tables } from '../tables.js'
import { COMMIT_MARK } from './commit-mark.js'
import { ownDefinitions, ownLabels, ownMembers, ownValues } from './own-columns.js'

/**
 * Saves the latest snapshot of streams. A snapshot of the same kind that is newer, and whose stream really is
 * that far, stays.
 */
export function saveSnapshots({
  events: e,
  snapshots: s,
}: Tables): (snapshots: readonly StoredSnapshot[]) => Statement<void> {
  const text = `${COMMIT_MARK} insert into ${s.table} as kept (${s.aggregateType}, ${s.aggregateId}, ${s.version}, ${s.snapshotType},
  ${s.snapshotVersion}, ${s.payload}, ${s.payloadCodec}, ${s.payloadCodecVersion}${ownNames(s.own)})
select new.type, new.id, new.version, new.snapshot_type, new.snapshot_version, new.payload, new.codec, new.codec_version${ownValues(s.own, 'new')}
from rows from (
  json_to_recordset($1::json) as (
    type text, id text, version int, snapshot_type text, snapshot_version int, codec text, codec_version int${ownDefinitions(s.own)}
  ),
  json_array_elements($2::json)
) as new(type, id, version, snapshot_type, snapshot_version, codec, codec_version${ownLabels(s.own)}, payload)
order by new.type collate "C", new.id collate "C"
on conflict (${s.aggregateType}, ${s.aggregateId}) do update set ${s.version} = excluded.${s.version},
  ${s.snapshotType} = excluded.${s.snapshotType}, ${s.snapshotVersion} = excluded.${s.snapshotVersion},
  ${s.payload} = excluded.${s.payload}, ${s.payloadCodec} = excluded.${s.payloadCodec},
  ${s.payloadCodecVersion} = excluded.${s.payloadCodecVersion}, ${s.metadata} = excluded.${s.metadata},
  ${s.recordedAt} = excluded.${s.recordedAt}${ownReplaced(s.own)}
where not (kept.${s.version} > excluded.${s.version} and kept.${s.snapshotType} = excluded.${s.snapshotType}
  and kept.${s.snapshotVersion} = excluded.${s.snapshotVersion}
  and exists (select from ${e.table} l where l.${e.aggregateType} = kept.${s.aggregateType}
    and l.${e.aggregateId} = kept.${s.aggregateId} and l.${e.sequence} = kept.${s.version}))`
  return (snapshots) => ({
    operation: 'save snapshots',
    text,
    parameters: [
      `[${snapshots.map((snapshot) => rowOf(s, snapshot)).join(',')}]`,
      `[${snapshots.map(({ payload }) => payload.text).join(',')}]`,
    ],
    decode: () => undefined,
  })
}

function rowOf(s: SnapshotTable, snapshot: StoredSnapshot): string {
  const { aggregateType, aggregateId, version, snapshotType, snapshotVersion, payload, own = [] } = snapshot
  const row = JSON.stringify({
    type: aggregateType,
    id: aggregateId,
    version,
    snapshot_type: snapshotType,
    snapshot_version: snapshotVersion,
    codec: payload.codec,
    codec_version: payload.codecVersion,
  })
  return `${row.slice(0, -1)}${ownMembers(s.own, own)}}`
}

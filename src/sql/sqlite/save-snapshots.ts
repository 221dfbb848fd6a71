import type { StoredSnapshot } from '../../model/stored.js'
import { ownNames, ownReplaced } from '../own-columns.js'
import type { Statement } from '../statement.js'
import type { Tables } from '../tables.js'
import { ownMembers } from './own-columns.js'

/**
 * Saves the latest snapshot of streams. A snapshot of the same kind that is newer, and whose stream really is
 * that far, stays.
 */
export function saveSnapshots({
  events: e,
  snapshots: s,
}: Tables): (snapshots: readonly StoredSnapshot[]) => Statement<void> {
  const text = `insert into ${s.table} as kept (${s.aggregateType}, ${s.aggregateId}, ${s.version}, ${s.snapshotType},
  ${s.snapshotVersion}, ${s.payload}, ${s.payloadCodec}, ${s.payloadCodecVersion}, ${s.recordedAt}${ownNames(s.own)})
select new.value ->> 0, new.value ->> 1, new.value ->> 2, new.value ->> 3, new.value ->> 4, new.value ->> 5,
  new.value ->> 6, new.value ->> 7, strftime('%Y-%m-%d %H:%M:%f', 'now')${ownMembers(s.own, 'new.value', 8)}
from json_each(?) new
where true
on conflict (${s.aggregateType}, ${s.aggregateId}) do update set ${s.version} = excluded.${s.version},
  ${s.snapshotType} = excluded.${s.snapshotType}, ${s.snapshotVersion} = excluded.${s.snapshotVersion},
  ${s.payload} = excluded.${s.payload}, ${s.payloadCodec} = excluded.${s.payloadCodec},
  ${s.payloadCodecVersion} = excluded.${s.payloadCodecVersion}, ${s.metadata} = excluded.${s.metadata},
  ${s.recordedAt} = excluded.${s.recordedAt}${ownReplaced(s.own)}
where not (kept.${s.version} > excluded.${s.version} and kept.${s.snapshotType} = excluded.${s.snapshotType}
  and kept.${s.snapshotVersion} = excluded.${s.snapshotVersion}
  and exists (select 1 from ${e.table} l where l.${e.aggregateType} = kept.${s.aggregateType}
    and l.${e.aggregateId} = kept.${s.aggregateId} and l.${e.sequence} = kept.${s.version}))`
  return (snapshots) => ({
    operation: 'save snapshots',
    text,
    parameters: [
      JSON.stringify(
        snapshots.map(
          ({ aggregateType, aggregateId, version, snapshotType, snapshotVersion, payload, own = [] }) => [
            aggregateType,
            aggregateId,
            version,
            snapshotType,
            snapshotVersion,
            payload.text,
            payload.codec,
            payload.codecVersion,
            ...own,
          ],
        ),
      ),
    ],
    decode: () => undefined,
  })
}

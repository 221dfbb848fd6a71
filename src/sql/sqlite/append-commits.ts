import type { AppendOutcome, StreamChange, StreamCommit } from '../../model/stored.js'
import { decodeInteger } from '../decode.js'
import { expectedCode } from '../expected-code.js'
import { ownNames } from '../own-columns.js'
import type { Row, Statement } from '../statement.js'
import type { EventTable } from '../tables.js'
import { decodeTime } from './event-columns.js'
import { ownMembers } from './own-columns.js'

/**
 * Appends commits of any number of streams in one statement, each of them all or nothing: one that is refused does not
 * touch the others. SQLite has one writer at a time, so the versions that the statement checks cannot move before it
 * inserts. Streams that are only checked need no row. No two commits may have a stream in common.
 *
 * The cross join keeps SQLite from going through all events once for every stream.
 *
 * Payloads travel as strings inside the JSON parameter: SQLite would render a nested value anew.
 */
export function appendCommits(
  e: EventTable,
): (commits: readonly StreamCommit[]) => Statement<readonly AppendOutcome[]> {
  // In lower case on purpose: for a text that begins with INSERT the sqlite3 driver returns no rows.
  const text = `with stream as materialized (
  select s.key as stream, s.value ->> 0 as type, s.value ->> 1 as id, s.value ->> 2 as expected,
    s.value ->> 3 as commit_id, coalesce((
      select max(e.${e.sequence}) from ${e.table} e
      where e.${e.aggregateType} = s.value ->> 0 and e.${e.aggregateId} = s.value ->> 1
    ), 0) as version
  from json_each(?) s
), refused as materialized (
  select commit_id from stream
  where not case expected when -2 then 1 when -1 then version > 0 else version = expected end
)
insert into ${e.table} (${e.aggregateType}, ${e.aggregateId}, ${e.sequence}, ${e.commitId}, ${e.eventName}, ${e.eventVersion},
  ${e.payload}, ${e.payloadCodec}, ${e.payloadCodecVersion}, ${e.metadata}, ${e.recordedAt}${ownNames(e.own)})
select stream.type, stream.id, stream.version + (new.value ->> 1), stream.commit_id, new.value ->> 2, new.value ->> 3,
  new.value ->> 4, new.value ->> 5, new.value ->> 6, new.value ->> 7, strftime('%Y-%m-%d %H:%M:%f', 'now')${ownMembers(e.own, 'new.value', 8)}
from json_each(?) new cross join stream on stream.stream = new.value ->> 0
where stream.commit_id not in (select commit_id from refused)
order by new.key
returning ${e.commitId} as commit_id, ${e.aggregateType} as type, ${e.aggregateId} as id, ${e.sequence} as sequence,
  ${e.position} as position, ${e.recordedAt} as recorded_at`
  return (commits) => {
    const streams = commits.flatMap(({ commitId, changes }) =>
      changes.map((change) => ({ commitId, change })),
    )
    return {
      operation: 'append',
      text,
      parameters: [
        JSON.stringify(
          streams.map(({ commitId, change: { aggregateType, aggregateId, expectedVersion } }) => [
            aggregateType,
            aggregateId,
            expectedCode(expectedVersion),
            commitId,
          ]),
        ),
        JSON.stringify(streams.flatMap(({ change }, stream) => eventRows(change, stream))),
      ],
      decode: (rows) => decodeAppend(commits, rows),
    }
  }
}

function decodeAppend(commits: readonly StreamCommit[], rows: readonly Row[]): AppendOutcome[] {
  const byCommit = new Map<unknown, Row[]>()
  for (const row of rows) {
    const some = byCommit.get(row['commit_id'])
    if (some === undefined) byCommit.set(row['commit_id'], [row])
    else some.push(row)
  }
  return commits.map(({ commitId, changes }) => decodeCommit(changes, byCommit.get(commitId) ?? []))
}

function decodeCommit(changes: readonly StreamChange[], rows: readonly Row[]): AppendOutcome {
  const firstRow = rows[0]
  const versions = new Map<string, number>()
  for (const row of rows) {
    const key = JSON.stringify([row['type'], row['id']])
    const before = decodeInteger(row['sequence']) - 1
    versions.set(key, Math.min(versions.get(key) ?? before, before))
  }
  return {
    accepted: firstRow !== undefined,
    // A stream that was only checked has no rows; its version is not known from here.
    versions: changes.map(
      ({ aggregateType, aggregateId }) => versions.get(JSON.stringify([aggregateType, aggregateId])) ?? -1,
    ),
    positions: rows.map((row) => decodeInteger(row['position'])).sort((a, b) => a - b),
    recordedAt: firstRow === undefined ? undefined : decodeTime(firstRow['recorded_at']),
  }
}

function eventRows({ events }: StreamChange, stream: number): unknown[][] {
  return events.map(({ name, version, payload, metadata, own = [] }, index) => [
    stream,
    index + 1,
    name,
    version,
    payload.text,
    payload.codec,
    payload.codecVersion,
    metadata,
    ...own,
  ])
}

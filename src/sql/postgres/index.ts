import type { Statements } from '../statements.js'
import type { Tables } from '../tables.js'
import { appendToStream } from './append-to-stream.js'
import { appendToStreams } from './append-to-streams.js'
import { commitsUnderWay } from './commits-under-way.js'
import { feedCeiling } from './feed-ceiling.js'
import { findCommit } from './find-commit.js'
import { isolation } from './isolation.js'
import { listStreams } from './list-streams.js'
import { loadStreams } from './load-streams.js'
import { readAll } from './read-all.js'
import { readStream } from './read-stream.js'
import { saveSnapshots } from './save-snapshots.js'
import { streamVersions } from './stream-versions.js'
import { versionAt } from './version-at.js'

/**
 * Compiles every statement for Postgres. `positionSequence` is the sequence behind the position column,
 * `streamKey` the name of the unique key over type, id and sequence.
 */
export function postgresStatements(
  tables: Tables,
  positionSequence: string,
  streamKey: string | undefined,
): Statements {
  const { events } = tables
  const toOne = appendToStream(events, positionSequence)
  const toMany = appendToStreams(events, positionSequence)
  return {
    append: (commitId, changes, floor) =>
      changes.length === 1 && changes[0]!.events.length > 0
        ? toOne(commitId, changes[0]!, floor)
        : toMany(commitId, changes, floor),
    streamVersions: streamVersions(events),
    versionAt: versionAt(events),
    readStream: readStream(events),
    loadStreams: loadStreams(tables),
    listStreams: listStreams(events),
    readAll: readAll(events),
    feedCeiling: feedCeiling(events, positionSequence),
    saveSnapshots: saveSnapshots(tables),
    isolation,
    lostCommits: { underWay: commitsUnderWay, find: findCommit(events) },
    streamKey,
  }
}

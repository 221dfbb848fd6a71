import { ALONE } from '../statements.js'
import type { Statements } from '../statements.js'
import type { Tables } from '../tables.js'
import { exactVersion } from '../../model/expected-version.js'
import { appendCommits, isOfOneStream } from './append-commits.js'
import { appendEvent } from './append-event.js'
import { appendToStream } from './append-to-stream.js'
import { appendToStreams } from './append-to-streams.js'
import { commitsUnderWay } from './commits-under-way.js'
import { feedCeiling } from './feed-ceiling.js'
import { findCommit } from './find-commit.js'
import { findMessages } from './find-messages.js'
import { impatience } from './impatience.js'
import { isolation } from './isolation.js'
import { inboxStatements } from './inbox.js'
import { listStreams } from './list-streams.js'
import { loadStreams } from './load-streams.js'
import { lockStatements } from './locks.js'
import { outboxStatements } from './outbox.js'
import { readAll } from './read-all.js'
import { readStream } from './read-stream.js'
import { rowStatements } from './rows.js'
import { saveSnapshots } from './save-snapshots.js'
import { streamVersions } from './stream-versions.js'
import { transactionId, transactionStatus } from './transaction-status.js'
import { only } from '../statement.js'
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
  const { events, inbox, outbox, locks } = tables
  const one = appendEvent(events, positionSequence)
  const toOne = appendToStream(events, positionSequence)
  const toEach = appendCommits(events, positionSequence)
  const toMany = appendToStreams(events, positionSequence)
  return {
    tables,
    append: (commitId, changes, place) => {
      const [change, second] = changes
      if (change === undefined || second !== undefined) return only(toMany([{ commitId, changes }], place))
      const [event, another] = change.events
      if (event === undefined) return only(toMany([{ commitId, changes }], place))
      const version = exactVersion(change.expectedVersion)
      return another === undefined && version !== undefined
        ? one(commitId, change, version, event, place)
        : toOne(commitId, change, place)
    },
    appendCommits: (commits, orFail) =>
      commits.every(isOfOneStream)
        ? toEach(commits, orFail)
        : toMany(commits, { ...ALONE, orFail, isShared: true }),
    impatience,
    streamVersions: streamVersions(events),
    versionAt: versionAt(events),
    readStream: readStream(events),
    loadStreams: loadStreams(tables),
    listStreams: listStreams(events),
    readAll: readAll(events),
    feedCeiling: feedCeiling(events, positionSequence),
    saveSnapshots: saveSnapshots(tables),
    isolation,
    lostCommits: {
      underWay: commitsUnderWay,
      find: findCommit(events),
      transactionId,
      transactionStatus,
      findMessages: outbox && findMessages(outbox),
    },
    inbox: inbox && inboxStatements(inbox),
    outbox: outbox && outboxStatements(outbox),
    locks: locks && lockStatements(locks),
    rows: rowStatements,
    canLockRows: true,
    streamKey,
  }
}

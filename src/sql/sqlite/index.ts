import type { Statements } from '../statements.js'
import { only } from '../statement.js'
import type { Tables } from '../tables.js'
import { exactVersion } from '../../model/expected-version.js'
import { appendCommits } from './append-commits.js'
import { appendEvent } from './append-event.js'
import { feedCeiling } from './feed-ceiling.js'
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
import { versionAt } from './version-at.js'

/** Compiles every statement for SQLite. */
export function sqliteStatements(tables: Tables): Statements {
  const { events, inbox, outbox, locks } = tables
  const one = appendEvent(events)
  const any = appendCommits(events)
  return {
    tables,
    append: (commitId, changes) => {
      const [change, second] = changes
      const [event, another] = change?.events ?? []
      const version = change && exactVersion(change.expectedVersion)
      return event !== undefined && version !== undefined && second === undefined && another === undefined
        ? one(commitId, change!, version, event)
        : only(any([{ commitId, changes }]))
    },
    appendCommits: any,
    impatience: undefined,
    streamVersions: streamVersions(events),
    versionAt: versionAt(events),
    readStream: readStream(events),
    loadStreams: loadStreams(tables),
    listStreams: listStreams(events),
    readAll: readAll(events),
    feedCeiling: feedCeiling(events),
    saveSnapshots: saveSnapshots(tables),
    // Between a transaction's statements nobody else can write.
    isolation: () => ({
      operation: 'read isolation level',
      text: 'select 1',
      parameters: [],
      decode: () => 'fresh',
    }),
    lostCommits: undefined,
    inbox: inbox && inboxStatements(inbox),
    outbox: outbox && outboxStatements(outbox),
    locks: locks && lockStatements(locks),
    rows: rowStatements,
    canLockRows: false,
    streamKey: undefined,
  }
}

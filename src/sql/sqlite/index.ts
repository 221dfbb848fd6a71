import type { Statements } from '../statements.js'
import { only } from '../statement.js'
import type { Tables } from '../tables.js'
import { append } from './append.js'
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
  const appendCommits = append(events)
  return {
    tables,
    append: (commitId, changes) => only(appendCommits([{ commitId, changes }])),
    appendCommits,
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

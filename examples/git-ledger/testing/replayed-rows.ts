import type { RecordedEvent } from '../../../src/index.js'
import type { CommitRow } from '../read-model/commit-row.js'
import type { ContributorRow } from '../read-model/contributor-row.js'
import type { DayRow } from '../read-model/day-row.js'
import type { FileRow } from '../read-model/file-row.js'
import { inOrder } from './read-model-rows.js'
import type { Plain, Rows } from './read-model-rows.js'

interface Lines {
  changes: number
  added: number
  removed: number
}

/** What the events say that the rows have to be: counted here again, without the aggregates and the ledger's own code. */
export async function replayedRows(events: AsyncIterable<RecordedEvent>): Promise<Rows> {
  const replay = new Replay()
  for await (const event of events) {
    if (event.aggregateType === 'git-file') replay.file(event)
    if (event.aggregateType === 'git-contributor') replay.contribution(event)
  }
  return replay.rows()
}

class Replay {
  private readonly files = new Map<string, Plain<FileRow>>()
  private readonly contributors = new Map<string, Plain<ContributorRow>>()
  private readonly days = new Map<string, Plain<DayRow>>()
  private readonly commits: Plain<CommitRow>[] = []

  file({ name, aggregateId: id, payload }: RecordedEvent): void {
    const {
      path,
      added = 0,
      removed = 0,
      binary = false,
    } = payload as Partial<Lines> & { path: string; binary?: boolean }
    const left = name === 'file-renamed-to'
    const file = entryOf(this.files, id, {
      ledger: ledgerOf(id),
      id,
      path,
      present: false,
      binaryChanges: 0,
      ...none(),
    })
    raise(file, { changes: left ? 0 : 1, added, removed })
    file.binaryChanges += binary ? 1 : 0
    file.present = !left && name !== 'file-deleted'
  }

  contribution({ aggregateId: id, payload, metadata }: RecordedEvent): void {
    const { author, day, files, added, removed } = payload as Lines & {
      author: string
      day: string
      files: number
    }
    const ledger = ledgerOf(id)
    const lines = { changes: files, added, removed }
    const contributor = entryOf(this.contributors, id, { ledger, id, author, commits: 0, ...none() })
    const theDay = entryOf(this.days, `${ledger}/${day}`, { ledger, day, version: 0, commits: 0, ...none() })
    for (const row of [contributor, theDay]) raise(row, lines)
    contributor.commits += 1
    theDay.commits += 1
    // The store counts the changes of a row, and a day has one for each of its commits.
    theDay.version += 1
    this.commits.push({ ledger, hash: String(metadata['gitCommit']), contributor: id, day, ...lines })
  }

  rows(): Rows {
    const marks = this.commits.map(({ ledger, hash }) => ({ consumerName: ledger, messageId: hash }))
    return {
      files: inOrder(this.files.values()),
      contributors: inOrder(this.contributors.values()),
      commits: inOrder(this.commits),
      days: inOrder(this.days.values()),
      marks: inOrder(marks),
    }
  }
}

/** The ids of streams begin with the ledger; what follows is a name, or the hash of one. */
function ledgerOf(id: string): string {
  return id.split(/[/#]/, 1)[0]!
}

function entryOf<Row>(rows: Map<string, Row>, key: string, first: Row): Row {
  const row = rows.get(key) ?? first
  rows.set(key, row)
  return row
}

function none(): Lines {
  return { changes: 0, added: 0, removed: 0 }
}

function raise(row: Lines, { changes, added, removed }: Lines): void {
  row.changes += changes
  row.added += added
  row.removed += removed
}

import { InvalidArgumentError } from '../errors/index.js'
import type { ProcessedMark } from '../model/message.js'
import type { Database } from '../runner/database.js'
import type { Host } from '../runner/host.js'
import { asStorageError } from '../runner/storage-error.js'
import { planMarks } from './plan-messages.js'
import { inboxOf } from './write-changes.js'

/** Few enough to hold no lock for long. */
const MARKS_AT_ONCE = 5_000

/** Removes marks that are older than a time, some at once; gives how many. */
export async function purgeMarks(
  database: Database,
  host: Host | undefined,
  before: Date,
  consumer: string | undefined,
): Promise<number> {
  if (!(before instanceof Date) || Number.isNaN(before.getTime())) {
    throw new InvalidArgumentError(`'before' has to be a valid Date; marks older than it are removed.`)
  }
  let removed = 0
  for (;;) {
    const some = await database
      .connect(host, (connection) =>
        connection.run(inboxOf(connection).purge(before, consumer, MARKS_AT_ONCE)),
      )
      .catch((error: unknown) => {
        throw asStorageError('append', error)
      })
    removed += some
    if (some < MARKS_AT_ONCE) return removed
  }
}

/** Whether a consumer's mark is there already, as far as can be seen from here. */
export async function isProcessed(
  database: Database,
  host: Host | undefined,
  mark: ProcessedMark,
): Promise<boolean> {
  const marks = planMarks([mark])
  const found = await database
    .connect(host, (connection) => connection.run(inboxOf(connection).find(marks)))
    .catch((error: unknown) => {
      throw asStorageError('read', error)
    })
  return found.length > 0
}

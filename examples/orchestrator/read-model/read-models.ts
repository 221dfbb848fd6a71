import { defineProjection } from '../../../src/index.js'
import type { ReadModelRows, RecordedEvent } from '../../../src/index.js'
import { EVENT_NAMES, readEvent } from '../events/events.js'
import type { EventName, StoredEvent } from '../events/events.js'
import { handlers } from './handlers.js'
import { ProjectView } from './project-view.js'
import { ThreadView } from './thread-view.js'

/**
 * Brings the read models one event further. It reads the event as every replay will read it: one that could not be
 * read back fails the append it arrives with.
 */
export async function project(recorded: RecordedEvent, rows: ReadModelRows): Promise<void> {
  const event = readEvent(recorded)
  const handle = handlers[event.name] as (event: StoredEvent, rows: ReadModelRows) => void | Promise<void>
  await handle(event, rows)
  const { aggregateType, aggregateId: id, sequence: streamVersion, recordedAt } = event
  if (aggregateType === 'project') rows.patch(ProjectView, { id }, { streamVersion })
  if (aggregateType === 'thread') rows.patch(ThreadView, { id }, { streamVersion, changedAt: recordedAt })
}

/** The read models as the store keeps them: in the transaction of every append. */
export const readModels = defineProjection({
  name: 'read-models',
  on: Object.fromEntries(EVENT_NAMES.map((name): [EventName, typeof project] => [name, project])),
})

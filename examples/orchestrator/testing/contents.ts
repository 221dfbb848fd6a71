import type { StoredEvent } from '../events/events.js'
import type { Orchestrator } from '../orchestrator.js'
import { readModelEntities } from '../read-model/read-model-entities.js'

/** Every row of every read model, as the database has it. */
export async function readModelRows({ dataSource }: Orchestrator): Promise<Record<string, unknown[]>> {
  const contents: Record<string, unknown[]> = {}
  for (const entity of readModelEntities) {
    const { tableName } = dataSource.getMetadata(entity)
    contents[tableName] = await dataSource.query<unknown[]>(`select * from "${tableName}" order by 1`)
  }
  return contents
}

export async function eventsOf({ log }: Orchestrator, after?: number): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const event of log.replay(after === undefined ? {} : { after })) events.push(event)
  return events
}

import type { DataSource } from 'typeorm'
import type { EventStore } from '../../../src/index.js'
import { project } from './read-models.js'
import { readModelEntities } from './read-model-entities.js'

/**
 * Makes the read models anew from nothing but the log, in one transaction: readers see the old ones until the new
 * ones are complete.
 */
export async function rebuildReadModels(dataSource: DataSource, store: EventStore): Promise<number> {
  return dataSource.transaction(async (manager) => {
    for (const entity of [...readModelEntities].reverse())
      await manager.createQueryBuilder().delete().from(entity).execute()
    const here = store.within(manager)
    let events = 0
    for await (const recorded of here.readAll()) {
      // One at a time: an event may change what the one before it wrote.
      await here.unitOfWork((work) => project(recorded, work))
      events++
    }
    return events
  })
}

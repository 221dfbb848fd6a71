import { join } from 'node:path'
import type { DataSource } from 'typeorm'
import { EventStore, openSqlite } from '../../src/index.js'
import { Decisions } from './commands/decisions.js'
import { Projects } from './commands/projects.js'
import { Settings } from './commands/settings.js'
import { Threads } from './commands/threads.js'
import { Turns } from './commands/turns.js'
import { upcasters } from './events/upcasters.js'
import { ApplicationLog } from './log/application-log.js'
import { CreateReadModels1763900000000 } from './read-model/create-read-models.js'
import { readModelEntities } from './read-model/read-model-entities.js'
import { readModels } from './read-model/read-models.js'
import { rebuildReadModels } from './read-model/rebuild.js'
import { Views } from './read-model/views.js'

/**
 * An application that lets assistants work in the threads of projects. All it knows is one file in a folder of the
 * user's: a log of events, and the read models, which are kept in the same transactions.
 */
export class Orchestrator {
  readonly log: ApplicationLog
  readonly views: Views
  readonly projects: Projects
  readonly threads: Threads
  readonly turns: Turns
  readonly settings: Settings

  private constructor(
    readonly dataSource: DataSource,
    private readonly store: EventStore,
  ) {
    this.log = new ApplicationLog(store)
    this.views = new Views(dataSource)
    const decisions = new Decisions(store, this.log, this.views)
    this.projects = new Projects(decisions)
    this.threads = new Threads(decisions)
    this.turns = new Turns(decisions)
    this.settings = new Settings(decisions)
  }

  /**
   * Opens the application in this folder; makes folder, file and tables where they are missing. A turn that was under
   * way when the last process ended, however it ended, is recorded as interrupted.
   */
  static async open(dataDir: string): Promise<Orchestrator> {
    const dataSource = await openSqlite(join(dataDir, 'orchestrator.sqlite'), {
      entities: readModelEntities,
      migrations: [CreateReadModels1763900000000],
    })
    const store = new EventStore(dataSource, { upcasters, projections: [readModels] })
    const orchestrator = new Orchestrator(dataSource, store)
    await orchestrator.turns.interruptLeftOver()
    return orchestrator
  }

  /** Makes the read models anew from nothing but the log. Gives the number of events. */
  rebuild(): Promise<number> {
    return rebuildReadModels(this.dataSource, this.store)
  }

  close(): Promise<void> {
    return this.dataSource.destroy()
  }
}

import { randomUUID } from 'node:crypto'
import { event } from '../events/events.js'
import type { PayloadOf } from '../events/events.js'
import { seen } from './decisions.js'
import type { Decisions } from './decisions.js'

export class Projects {
  constructor(private readonly at: Decisions) {}

  /** Gives the id of the new project. */
  async create(project: PayloadOf<'project-created'>): Promise<string> {
    const id = randomUUID()
    await this.at.log.append([event('project-created', id, project)])
    return id
  }

  rename(id: string, title: string): Promise<void> {
    return this.at.decide(async () => {
      const project = await this.at.openProject(id)
      await this.at.log.append([event('project-renamed', id, { title })], [seen('project', project)])
    })
  }

  /** Archives a project together with its threads: one batch over all their streams. */
  archive(id: string): Promise<void> {
    return this.at.decide(async () => {
      const project = await this.at.openProject(id)
      const threads = project.threads.filter(({ archived }) => !archived)
      await this.at.log.append(
        [event('project-archived', id), ...threads.map((thread) => event('thread-archived', thread.id))],
        [seen('project', project), ...threads.map((thread) => seen('thread', thread))],
      )
    })
  }
}

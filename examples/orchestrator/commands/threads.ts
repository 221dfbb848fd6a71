import { randomUUID } from 'node:crypto'
import { event } from '../events/events.js'
import { Problem } from '../problem.js'
import { seen } from './decisions.js'
import type { Decisions } from './decisions.js'

export class Threads {
  constructor(private readonly at: Decisions) {}

  /**
   * Gives the id of the new thread. Its project takes part without getting an event: the thread does not start if
   * somebody archives the project at the same moment.
   */
  start(projectId: string, { title, model }: { title: string; model?: string }): Promise<string> {
    return this.at.decide(async () => {
      const project = await this.at.openProject(projectId)
      const id = randomUUID()
      const chosen = model ?? (await this.at.views.setting('model')) ?? 'standard'
      await this.at.log.append(
        [event('thread-started', id, { projectId, title, model: chosen })],
        [seen('project', project)],
      )
      return id
    })
  }

  rename(id: string, title: string): Promise<void> {
    return this.at.decide(async () => {
      const thread = await this.at.openThread(id)
      await this.at.log.append([event('thread-renamed', id, { title })], [seen('thread', thread)])
    })
  }

  chooseModel(id: string, model: string): Promise<void> {
    return this.at.decide(async () => {
      const thread = await this.at.openThread(id)
      await this.at.log.append([event('thread-model-changed', id, { model })], [seen('thread', thread)])
    })
  }

  archive(id: string): Promise<void> {
    return this.at.decide(async () => {
      const thread = await this.at.idleThread(id)
      await this.at.log.append([event('thread-archived', id)], [seen('thread', thread)])
    })
  }

  /** Goes back to a checkpoint: the turns after it disappear from the thread, and stay in the log. */
  rewind(id: string, checkpointId: string): Promise<void> {
    return this.at.decide(async () => {
      const thread = await this.at.idleThread(id)
      const turn = thread.turns.find(({ checkpoints }) => checkpoints.some((one) => one.id === checkpointId))
      if (turn === undefined) throw new Problem(`The thread '${thread.title}' has no such checkpoint.`)
      await this.at.log.append(
        [event('thread-rewound', id, { checkpointId, toTurn: turn.number })],
        [seen('thread', thread)],
      )
    })
  }
}

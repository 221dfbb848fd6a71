import type { EventStore } from '../../../src/index.js'
import type { ApplicationLog, Seen } from '../log/application-log.js'
import { Problem } from '../problem.js'
import type { ProjectView } from '../read-model/project-view.js'
import type { ThreadView } from '../read-model/thread-view.js'
import type { TurnView } from '../read-model/turn-view.js'
import type { Views } from '../read-model/views.js'

/**
 * What all commands need. They decide on the read models: each row carries the version of the stream that it shows,
 * and the log refuses what was decided on a version that is no longer the newest. Then the command looks and decides
 * anew.
 */
export class Decisions {
  constructor(
    private readonly store: EventStore,
    readonly log: ApplicationLog,
    readonly views: Views,
  ) {}

  /** Runs a command, again if somebody else was faster: an answer streams in while its thread is renamed. */
  decide<Result>(command: () => Promise<Result>): Promise<Result> {
    return this.store.retryOnConflict(command)
  }

  async openProject(id: string): Promise<ProjectView> {
    const project = await this.views.project(id)
    if (project === null) throw new Problem(`There is no project ${id}.`)
    if (project.archived) throw new Problem(`The project '${project.title}' is archived.`)
    return project
  }

  async openThread(id: string): Promise<ThreadView> {
    const thread = await this.views.thread(id)
    if (thread === null) throw new Problem(`There is no thread ${id}.`)
    if (thread.archived) throw new Problem(`The thread '${thread.title}' is archived.`)
    return thread
  }

  async idleThread(id: string): Promise<ThreadView> {
    const thread = await this.openThread(id)
    if (runningTurnOf(thread)) throw new Problem(`The thread '${thread.title}' has a turn under way.`)
    return thread
  }

  /** A thread and its turn that is under way. */
  async busyThread(id: string): Promise<{ readonly thread: ThreadView; readonly turnId: string }> {
    const thread = await this.openThread(id)
    const turn = runningTurnOf(thread)
    if (turn === undefined) throw new Problem(`The thread '${thread.title}' has no turn under way.`)
    return { thread, turnId: turn.id }
  }
}

function runningTurnOf({ turns }: ThreadView): TurnView | undefined {
  return turns.find(({ state }) => state === 'running')
}

/** What a decision rests on: the row that was read. */
export function seen(
  aggregateType: 'project' | 'thread',
  { id, streamVersion }: { readonly id: string; readonly streamVersion: number },
): Seen {
  return { aggregateType, aggregateId: id, version: streamVersion }
}

import type { DataSource } from 'typeorm'
import { ProjectView } from './project-view.js'
import { SettingView } from './setting-view.js'
import { ThreadView } from './thread-view.js'
import { TurnView } from './turn-view.js'

/** Reads the read models: ordinary queries over ordinary entities. */
export class Views {
  constructor(private readonly dataSource: DataSource) {}

  /** All projects that are not archived, with their threads. */
  projects(): Promise<ProjectView[]> {
    return this.dataSource.getRepository(ProjectView).find({
      where: { archived: false },
      relations: { threads: true },
      order: { title: 'ASC', threads: { startedAt: 'ASC' } },
    })
  }

  project(id: string): Promise<ProjectView | null> {
    return this.dataSource
      .getRepository(ProjectView)
      .findOne({ where: { id }, relations: { threads: true }, order: { threads: { startedAt: 'ASC' } } })
  }

  /** A thread with everything in it, in order. */
  thread(id: string): Promise<ThreadView | null> {
    return this.dataSource.getRepository(ThreadView).findOne({
      where: { id },
      relations: { project: true, turns: { messages: true, checkpoints: true } },
      order: { turns: { number: 'ASC', messages: { position: 'ASC' } } },
    })
  }

  /** The turns that are under way, with their threads. */
  runningTurns(): Promise<TurnView[]> {
    return this.dataSource
      .getRepository(TurnView)
      .find({ where: { state: 'running' }, relations: { thread: true } })
  }

  async setting(name: string): Promise<string | undefined> {
    return (await this.dataSource.getRepository(SettingView).findOneBy({ name }))?.value
  }
}

import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn } from 'typeorm'
import { ProjectView } from './project-view.js'
import { TurnView } from './turn-view.js'

@Entity('threads')
export class ThreadView {
  @PrimaryColumn({ name: 'id', type: 'varchar', primaryKeyConstraintName: 'pk_threads' })
  id!: string

  /** The version of the thread's stream that this row shows: what a decision on it has seen. */
  @Column({ name: 'stream_version', type: 'integer' })
  streamVersion!: number

  @ManyToOne(() => ProjectView, (project) => project.threads, { nullable: false })
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'fk_threads_project' })
  project!: ProjectView

  @Column({ name: 'title', type: 'varchar' })
  title!: string

  @Column({ name: 'model', type: 'varchar' })
  model!: string

  @Column({ name: 'archived', type: 'boolean' })
  archived!: boolean

  @Column({ name: 'started_at', type: 'datetime' })
  startedAt!: Date

  @Column({ name: 'changed_at', type: 'datetime' })
  changedAt!: Date

  @OneToMany(() => TurnView, (turn) => turn.thread)
  turns!: TurnView[]
}

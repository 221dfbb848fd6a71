import { Column, Entity, OneToMany, PrimaryColumn } from 'typeorm'
import { ThreadView } from './thread-view.js'

@Entity('projects')
export class ProjectView {
  @PrimaryColumn({ name: 'id', type: 'varchar', primaryKeyConstraintName: 'pk_projects' })
  id!: string

  /** The version of the project's stream that this row shows: what a decision on it has seen. */
  @Column({ name: 'stream_version', type: 'integer' })
  streamVersion!: number

  @Column({ name: 'title', type: 'varchar' })
  title!: string

  @Column({ name: 'folder', type: 'varchar' })
  folder!: string

  @Column({ name: 'archived', type: 'boolean' })
  archived!: boolean

  @OneToMany(() => ThreadView, (thread) => thread.project)
  threads!: ThreadView[]
}

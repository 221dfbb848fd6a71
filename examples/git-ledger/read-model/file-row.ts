import { Column, Entity, PrimaryColumn } from 'typeorm'
import { bigCount } from './big-count.js'

const key = { type: 'varchar', length: 255, primaryKeyConstraintName: 'pk_git_files' } as const

/** A path that a history has touched. */
@Entity('git_files')
export class FileRow {
  @PrimaryColumn({ name: 'ledger', ...key })
  ledger!: string

  /** The id of the file's stream: a path can be too long for a key. */
  @PrimaryColumn({ name: 'id', ...key })
  id!: string

  @Column({ name: 'path', type: 'text' })
  path!: string

  /** False after it was deleted or renamed. */
  @Column({ name: 'present', type: 'boolean' })
  present!: boolean

  @Column({ name: 'changes', type: 'integer' })
  changes!: number

  @Column({ name: 'binary_changes', type: 'integer' })
  binaryChanges!: number

  @Column({ name: 'added', ...bigCount })
  added!: number

  @Column({ name: 'removed', ...bigCount })
  removed!: number
}

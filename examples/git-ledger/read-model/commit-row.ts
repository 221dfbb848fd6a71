import { Column, Entity, PrimaryColumn } from 'typeorm'
import { bigCount } from './big-count.js'

const key = { type: 'varchar', primaryKeyConstraintName: 'pk_git_commits' } as const

/** A git commit that was imported. */
@Entity('git_commits')
export class CommitRow {
  @PrimaryColumn({ name: 'ledger', length: 255, ...key })
  ledger!: string

  @PrimaryColumn({ name: 'hash', length: 64, ...key })
  hash!: string

  /** The id of its author's row. */
  @Column({ name: 'contributor', type: 'varchar', length: 255 })
  contributor!: string

  @Column({ name: 'day', type: 'varchar', length: 20 })
  day!: string

  /** How many files it touched; none if it is empty or a merge. */
  @Column({ name: 'changes', type: 'integer' })
  changes!: number

  @Column({ name: 'added', ...bigCount })
  added!: number

  @Column({ name: 'removed', ...bigCount })
  removed!: number
}

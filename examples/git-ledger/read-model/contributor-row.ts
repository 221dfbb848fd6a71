import { Column, Entity, PrimaryColumn } from 'typeorm'
import { bigCount } from './big-count.js'

const key = { type: 'varchar', length: 255, primaryKeyConstraintName: 'pk_git_contributors' } as const

/** Somebody who authored commits, under one spelling of name and email. */
@Entity('git_contributors')
export class ContributorRow {
  @PrimaryColumn({ name: 'ledger', ...key })
  ledger!: string

  /** The id of the contributor's stream. */
  @PrimaryColumn({ name: 'id', ...key })
  id!: string

  /** `Name <email>`, as the commits spell it. */
  @Column({ name: 'author', type: 'text' })
  author!: string

  @Column({ name: 'commits', type: 'integer' })
  commits!: number

  /** How many files these commits touched, each counted once a commit. */
  @Column({ name: 'changes', type: 'integer' })
  changes!: number

  @Column({ name: 'added', ...bigCount })
  added!: number

  @Column({ name: 'removed', ...bigCount })
  removed!: number
}

import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm'
import { bigCount } from './big-count.js'

const key = { type: 'varchar', primaryKeyConstraintName: 'pk_git_days' } as const

/** What was authored on one day. No aggregate knows these numbers: they are read, raised and written back. */
@Entity('git_days')
export class DayRow {
  @PrimaryColumn({ name: 'ledger', length: 255, ...key })
  ledger!: string

  /** `2024-02-29`, by the author's clock. */
  @PrimaryColumn({ name: 'day', length: 20, ...key })
  day!: string

  /** Raised by every change, and compared with the one that was read: nobody's change gets lost. */
  @VersionColumn({ name: 'version', type: 'integer' })
  version!: number

  @Column({ name: 'commits', type: 'integer' })
  commits!: number

  @Column({ name: 'changes', type: 'integer' })
  changes!: number

  @Column({ name: 'added', ...bigCount })
  added!: number

  @Column({ name: 'removed', ...bigCount })
  removed!: number
}

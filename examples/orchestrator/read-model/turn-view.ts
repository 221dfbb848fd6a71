import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn } from 'typeorm'
import { CheckpointView } from './checkpoint-view.js'
import { MessageView } from './message-view.js'
import { ThreadView } from './thread-view.js'

export type TurnState = 'running' | 'completed' | 'failed' | 'interrupted'

/** One question and all that was done to answer it. */
@Entity('turns')
export class TurnView {
  @PrimaryColumn({ name: 'id', type: 'varchar', primaryKeyConstraintName: 'pk_turns' })
  id!: string

  @ManyToOne(() => ThreadView, (thread) => thread.turns, { nullable: false })
  @JoinColumn({ name: 'thread_id', foreignKeyConstraintName: 'fk_turns_thread' })
  thread!: ThreadView

  /** 1, 2, 3 … in its thread. */
  @Column({ name: 'number', type: 'integer' })
  number!: number

  @Column({ name: 'state', type: 'varchar' })
  state!: TurnState

  @Column({ name: 'tokens_read', type: 'integer' })
  tokensRead!: number

  @Column({ name: 'tokens_written', type: 'integer' })
  tokensWritten!: number

  /** Why it failed or who interrupted it. */
  @Column({ name: 'reason', type: 'varchar', nullable: true })
  reason!: string | null

  @OneToMany(() => MessageView, (message) => message.turn)
  messages!: MessageView[]

  @OneToMany(() => CheckpointView, (checkpoint) => checkpoint.turn)
  checkpoints!: CheckpointView[]
}

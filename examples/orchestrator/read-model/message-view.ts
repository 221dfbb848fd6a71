import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm'
import { TurnView } from './turn-view.js'

@Entity('messages')
export class MessageView {
  @PrimaryColumn({ name: 'id', type: 'varchar', primaryKeyConstraintName: 'pk_messages' })
  id!: string

  @ManyToOne(() => TurnView, (turn) => turn.messages, { nullable: false })
  @JoinColumn({ name: 'turn_id', foreignKeyConstraintName: 'fk_messages_turn' })
  turn!: TurnView

  @Column({ name: 'role', type: 'varchar' })
  role!: 'user' | 'assistant'

  @Column({ name: 'text', type: 'text' })
  text!: string

  /** The position of the event that began it: the order of the messages. */
  @Column({ name: 'position', type: 'integer' })
  position!: number
}

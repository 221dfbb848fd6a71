import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm'
import { TurnView } from './turn-view.js'

/** The files as they were after a turn: where a thread can be rewound to. */
@Entity('checkpoints')
export class CheckpointView {
  @PrimaryColumn({ name: 'id', type: 'varchar', primaryKeyConstraintName: 'pk_checkpoints' })
  id!: string

  @ManyToOne(() => TurnView, (turn) => turn.checkpoints, { nullable: false })
  @JoinColumn({ name: 'turn_id', foreignKeyConstraintName: 'fk_checkpoints_turn' })
  turn!: TurnView

  @Column({ name: 'files', type: 'json' })
  files!: readonly string[]

  @Column({ name: 'captured_at', type: 'datetime' })
  capturedAt!: Date
}

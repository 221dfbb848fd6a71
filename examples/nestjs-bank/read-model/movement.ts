import { ApiProperty } from '@nestjs/swagger'
import { Column, Entity, Index, PrimaryColumn } from 'typeorm'

/** One line of an account's statement. */
@Entity('bank_movements')
@Index('ix_bank_movements_account', ['accountId', 'sequence'])
export class Movement {
  /** The account and the event's place in its stream. */
  @ApiProperty({ type: String })
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 80, primaryKeyConstraintName: 'pk_bank_movements' })
  id!: string

  @ApiProperty({ type: String })
  @Column({ name: 'account_id', type: 'varchar', length: 64 })
  accountId!: string

  @ApiProperty({ type: Number })
  @Column({ name: 'sequence', type: 'integer' })
  sequence!: number

  @ApiProperty({ type: String, example: 'money-deposited' })
  @Column({ name: 'kind', type: 'varchar', length: 40 })
  kind!: string

  /** What the account gained; negative for what it gave. */
  @ApiProperty({ type: Number, example: 100 })
  @Column({ name: 'amount', type: 'integer' })
  amount!: number

  @ApiProperty({ type: Number, example: 100 })
  @Column({ name: 'balance', type: 'integer' })
  balance!: number

  /** The account on the other side of a transfer. */
  @ApiProperty({ type: String, nullable: true })
  @Column({ name: 'counterparty', type: 'varchar', length: 64, nullable: true })
  counterparty!: string | null

  /** Of the request that caused it: it comes with the event's metadata. */
  @ApiProperty({ type: String, nullable: true })
  @Column({ name: 'correlation_id', type: 'varchar', length: 128, nullable: true })
  correlationId!: string | null
}

import { ApiProperty } from '@nestjs/swagger'
import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm'

/** An account as clients see it. */
@Entity('bank_accounts')
export class AccountView {
  @ApiProperty({ type: String, format: 'uuid' })
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 64, primaryKeyConstraintName: 'pk_bank_accounts' })
  id!: string

  @ApiProperty({ type: String, example: 'Ann' })
  @Column({ name: 'owner', type: 'varchar', length: 100 })
  owner!: string

  @ApiProperty({ type: Number, example: 100 })
  @Column({ name: 'balance', type: 'integer' })
  balance!: number

  /** Counts the changes of the row; the store keeps it. */
  @ApiProperty({ type: Number })
  @VersionColumn({ name: 'version', type: 'integer' })
  version!: number
}

import { ApiProperty } from '@nestjs/swagger'

/** For the OpenAPI page: what `AccountState` looks like. */
export class AccountAnswer {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string

  @ApiProperty({ type: Number })
  balance!: number

  /** How many events the account has. */
  @ApiProperty({ type: Number })
  version!: number
}

/** For the OpenAPI page: what `Transfer` looks like. */
export class TransferAnswer {
  @ApiProperty({ type: String, format: 'uuid' })
  transferId!: string

  @ApiProperty({ type: AccountAnswer })
  from!: AccountAnswer

  @ApiProperty({ type: AccountAnswer })
  to!: AccountAnswer
}

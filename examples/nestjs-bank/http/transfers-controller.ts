import { Body, Controller, Inject, Post } from '@nestjs/common'
import { ApiBody, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { Bank } from '../bank.js'
import type { Transfer } from '../bank.js'
import { TransferAnswer } from './answers.js'
import { ApiCommand, IdempotencyKey } from './idempotency-key.js'
import { TransferMoney, transferMoney } from './requests.js'

@ApiTags('transfers')
@Controller('transfers')
export class TransfersController {
  constructor(@Inject(Bank) private readonly bank: Bank) {}

  @Post()
  @ApiOperation({ summary: 'Moves money from one account to another, in one commit' })
  @ApiBody({ type: TransferMoney })
  @ApiCreatedResponse({ type: TransferAnswer })
  @ApiCommand()
  transfer(
    @IdempotencyKey() key: string | undefined,
    @Body(transferMoney) { from, to, amount }: TransferMoney,
  ): Promise<Transfer> {
    return this.bank.transfer(key, from, to, amount)
  }
}

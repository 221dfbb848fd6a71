import { Body, Controller, Get, HttpCode, Inject, NotFoundException, Param, Post } from '@nestjs/common'
import {
  ApiBody,
  ApiCreatedResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger'
import { InjectRepository } from '@nestjs/typeorm'
import type { Repository } from 'typeorm'
import { Bank } from '../bank.js'
import type { AccountState } from '../bank.js'
import { AccountView } from '../read-model/account-view.js'
import { Movement } from '../read-model/movement.js'
import { AccountAnswer } from './answers.js'
import { ApiCommand, IdempotencyKey } from './idempotency-key.js'
import { MoveMoney, moveMoney, OpenAccount, openAccount } from './requests.js'

const ofAccount = { name: 'id', type: String }

@ApiTags('accounts')
@Controller('accounts')
export class AccountsController {
  constructor(
    @Inject(Bank) private readonly bank: Bank,
    @InjectRepository(AccountView) private readonly accounts: Repository<AccountView>,
    @InjectRepository(Movement) private readonly movements: Repository<Movement>,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Opens an account' })
  @ApiBody({ type: OpenAccount })
  @ApiCreatedResponse({ type: AccountAnswer })
  @ApiCommand()
  open(
    @IdempotencyKey() key: string | undefined,
    @Body(openAccount) body: OpenAccount,
  ): Promise<AccountState> {
    return this.bank.open(key, body.owner)
  }

  @Post(':id/deposits')
  @HttpCode(200)
  @ApiOperation({ summary: 'Pays money in' })
  @ApiParam(ofAccount)
  @ApiBody({ type: MoveMoney })
  @ApiOkResponse({ type: AccountAnswer })
  @ApiCommand()
  deposit(
    @IdempotencyKey() key: string | undefined,
    @Param('id') id: string,
    @Body(moveMoney) { amount }: MoveMoney,
  ): Promise<AccountState> {
    return this.bank.deposit(key, id, amount)
  }

  @Post(':id/withdrawals')
  @HttpCode(200)
  @ApiOperation({ summary: 'Takes money out; an overdraft is refused' })
  @ApiParam(ofAccount)
  @ApiBody({ type: MoveMoney })
  @ApiOkResponse({ type: AccountAnswer })
  @ApiCommand()
  withdraw(
    @IdempotencyKey() key: string | undefined,
    @Param('id') id: string,
    @Body(moveMoney) { amount }: MoveMoney,
  ): Promise<AccountState> {
    return this.bank.withdraw(key, id, amount)
  }

  @Get()
  @ApiOperation({ summary: 'The accounts, by owner' })
  @ApiOkResponse({ type: [AccountView] })
  list(): Promise<AccountView[]> {
    return this.accounts.find({ order: { owner: 'ASC', id: 'ASC' }, take: 100 })
  }

  @Get(':id')
  @ApiOperation({ summary: 'One account' })
  @ApiParam(ofAccount)
  @ApiOkResponse({ type: AccountView })
  @ApiNotFoundResponse()
  async show(@Param('id') id: string): Promise<AccountView> {
    const account = await this.accounts.findOneBy({ id })
    if (account === null) throw new NotFoundException(`There is no account ${id}.`)
    return account
  }

  @Get(':id/statement')
  @ApiOperation({ summary: 'What came and went, the latest first' })
  @ApiParam(ofAccount)
  @ApiOkResponse({ type: [Movement] })
  @ApiNotFoundResponse()
  async statement(@Param('id') accountId: string): Promise<Movement[]> {
    await this.show(accountId)
    return this.movements.find({ where: { accountId }, order: { sequence: 'DESC' }, take: 100 })
  }
}

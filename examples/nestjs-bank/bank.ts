import { randomUUID } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import type { UnitOfWork } from '../../src/index.js'
import { Account } from './domain/account.js'
import { Refusal } from './domain/refusal.js'
import { IdempotentCommits } from './idempotency/idempotent-commits.js'

/** The state of an account after a request. */
export interface AccountState {
  readonly id: string
  readonly balance: number
  readonly version: number
}

export interface Transfer {
  readonly transferId: string
  readonly from: AccountState
  readonly to: AccountState
}

/** What clients can ask the bank to do: load, decide, and one commit. */
@Injectable()
export class Bank {
  constructor(@Inject(IdempotentCommits) private readonly commits: IdempotentCommits) {}

  open(key: string | undefined, owner: string): Promise<AccountState> {
    return this.commits.run({ key, asks: ['open', owner] }, (unit) => {
      const account = unit.create(Account, randomUUID())
      account.open({ owner })
      return stateOf(account)
    })
  }

  deposit(key: string | undefined, id: string, amount: number): Promise<AccountState> {
    return this.commits.run({ key, asks: ['deposit', id, amount] }, async (unit) => {
      const account = await load(unit, id)
      account.deposit({ amount })
      return stateOf(account)
    })
  }

  withdraw(key: string | undefined, id: string, amount: number): Promise<AccountState> {
    return this.commits.run({ key, asks: ['withdraw', id, amount] }, async (unit) => {
      const account = await load(unit, id)
      account.withdraw({ amount })
      return stateOf(account)
    })
  }

  /** Both accounts and the message about it are committed together, or nothing is. */
  transfer(key: string | undefined, from: string, to: string, amount: number): Promise<Transfer> {
    if (from === to) throw new Refusal('same-account', 'A transfer needs two accounts.')
    return this.commits.run({ key, asks: ['transfer', from, to, amount] }, async (unit) => {
      const [giver, taker] = [await load(unit, from), await load(unit, to)]
      const transferId = randomUUID()
      giver.send({ amount, transferId, counterparty: to })
      taker.receive({ amount, transferId, counterparty: from })
      unit.send(
        { messageId: transferId, type: 'money-transferred', payload: { from, to, amount } },
        { source: giver },
      )
      return { transferId, from: stateOf(giver), to: stateOf(taker) }
    })
  }
}

async function load(unit: UnitOfWork, id: string): Promise<Account> {
  const account = await unit.load(Account, id)
  if (account === undefined) throw new Refusal('no-account', `There is no account ${id}.`)
  return account
}

function stateOf({ aggregateId, balance, version }: Account): AccountState {
  return { id: aggregateId, balance, version }
}

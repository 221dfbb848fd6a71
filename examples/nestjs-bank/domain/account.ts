import { Aggregate, AggregateRoot, Records } from '../../../src/index.js'
import { Refusal } from './refusal.js'

/** An amount of money, in the smallest unit of the currency. */
export interface Money {
  readonly amount: number
}

/** One side of a transfer. */
export interface Transferred extends Money {
  readonly transferId: string
  /** The account on the other side. */
  readonly counterparty: string
}

/** An account never owes: what it does not have, it does not give. */
@Aggregate('bank-account', { snapshots: { every: 100 } })
export class Account extends AggregateRoot {
  owner = ''
  balance = 0

  @Records('account-opened')
  open({ owner }: { readonly owner: string }): void {
    this.owner = owner
  }

  @Records('money-deposited')
  deposit({ amount }: Money): void {
    this.balance += amount
  }

  @Records('money-withdrawn')
  withdraw({ amount }: Money): void {
    this.give(amount)
  }

  @Records('money-sent')
  send({ amount }: Transferred): void {
    this.give(amount)
  }

  @Records('money-received')
  receive({ amount }: Transferred): void {
    this.balance += amount
  }

  private give(amount: number): void {
    if (amount > this.balance) {
      throw new Refusal('overdraft', `The account has ${this.balance}, which is less than ${amount}.`)
    }
    this.balance -= amount
  }
}

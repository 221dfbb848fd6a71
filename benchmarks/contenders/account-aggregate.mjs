import { AGGREGATE_TYPE, EVENT_NAME } from '../account.mjs'
import { sourced } from '../module.mjs'

/** The account as an application writes it, with its decorators applied by hand: this is plain JavaScript. */
export class Account extends sourced.AggregateRoot {
  balance = 0

  deposit(event) {
    this.balance += event.amount
  }
}

const method = Object.getOwnPropertyDescriptor(Account.prototype, 'deposit')
sourced.Records(EVENT_NAME)(Account.prototype, 'deposit', method)
Object.defineProperty(Account.prototype, 'deposit', method)
sourced.Aggregate(AGGREGATE_TYPE)(Account)

import { AGGREGATE_TYPE, EVENT_NAME } from '../account.mjs'
import { sourced } from '../module.mjs'

/** The account as an application writes it, with its decorators applied by hand: this is plain JavaScript. */
export class Account extends sourced.AggregateRoot {
  balance = 0

  deposit(event) {
    this.balance += event.amount
  }
}

/** The same with snapshots, stored on demand. */
export class SnapshotAccount extends sourced.AggregateRoot {
  balance = 0

  deposit(event) {
    this.balance += event.amount
  }
}

declare(Account, AGGREGATE_TYPE, {})
declare(SnapshotAccount, `${AGGREGATE_TYPE}-with-snapshots`, { snapshots: {} })

function declare(aggregate, type, options) {
  const method = Object.getOwnPropertyDescriptor(aggregate.prototype, 'deposit')
  sourced.Records(EVENT_NAME)(aggregate.prototype, 'deposit', method)
  Object.defineProperty(aggregate.prototype, 'deposit', method)
  sourced.Aggregate(type, options)(aggregate)
}

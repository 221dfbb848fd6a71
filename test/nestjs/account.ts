import { Aggregate, AggregateRoot, defineAggregate, Records } from '../../src/index.js'

@Aggregate('account')
export class Account extends AggregateRoot {
  balance = 0

  @Records('money-deposited')
  deposit(e: { amount: number }): void {
    this.balance += e.amount
  }
}

@Aggregate('order')
export class Order extends AggregateRoot {
  lines = 0

  @Records('line-added')
  addLine(): void {
    this.lines++
  }
}

export type CounterEvent = { name: 'incremented'; payload: { by: number } }

export const counter = defineAggregate<{ count: number }, CounterEvent>({
  type: 'counter',
  initial: () => ({ count: 0 }),
  evolve: (state, event) => ({ count: state.count + event.payload.by }),
})

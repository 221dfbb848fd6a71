import { Aggregate, AggregateRoot, Applies, defineAggregate, DomainEvent, Records } from '../../index.js'

/** An aggregate of sourced methods, with snapshots by policy. */
@Aggregate('contract-account', { snapshots: { every: 5 } })
export class Account extends AggregateRoot {
  owner = ''
  balance = 0
  entries: { readonly amount: number }[] = []

  @Records('opened')
  open(e: { owner: string }): void {
    this.owner = e.owner
  }

  @Records('deposited', { when: (_account: Account, e: { amount: number }) => e.amount > 0 })
  deposit(e: { amount: number }): void {
    this.balance += e.amount
    this.entries.push(e)
  }

  @Records('closed')
  close(): void {
    this.owner = ''
  }
}

@DomainEvent('item-added')
export class ItemAdded {
  constructor(
    readonly sku: string,
    readonly quantity: number,
  ) {}

  get heavy(): boolean {
    return this.quantity > 10
  }
}

@DomainEvent('order-placed')
export class OrderPlaced {}

/** An aggregate of event classes, without snapshots. */
@Aggregate('contract-order', { events: [OrderPlaced] })
export class Order extends AggregateRoot {
  quantity = 0
  heavyItems = 0

  add(sku: string, quantity: number): void {
    if (quantity < 1) throw new RangeError('nothing to add')
    this.record(new ItemAdded(sku, quantity))
  }

  place(): void {
    this.record(new OrderPlaced())
  }

  @Applies(ItemAdded)
  protected onItemAdded(event: ItemAdded): void {
    this.quantity += event.quantity
    if (event.heavy) this.heavyItems += 1
  }
}

interface Counter {
  readonly count: number
}

type CounterEvent =
  | { readonly name: 'incremented'; readonly payload: { readonly by: number } }
  | { readonly name: 'reset'; readonly payload?: undefined }

/** An aggregate of plain functions. */
export const counter = defineAggregate<Counter, CounterEvent>({
  type: 'contract-counter',
  snapshots: { every: 3 },
  initial: () => ({ count: 0 }),
  evolve: (state, event) =>
    event.name === 'reset' ? { count: 0 } : { count: state.count + event.payload.by },
})

import { On, Projection } from '../../../src/index.js'
import type { ReadModelRows, RecordedEvent } from '../../../src/index.js'
import type { Money, Transferred } from '../domain/account.js'
import { AccountView } from './account-view.js'
import { Movement } from './movement.js'

type Deposited = RecordedEvent<'money-deposited' | 'money-withdrawn', Money>
type Moved = RecordedEvent<'money-sent' | 'money-received', Transferred>

/** Keeps the accounts and their statements, inside the commits that store the events. */
@Projection('statements', { aggregateTypes: ['bank-account'] })
export class Statements {
  @On('account-opened')
  opened({ aggregateId, payload }: RecordedEvent<string, { owner: string }>, rows: ReadModelRows): void {
    rows.insert(AccountView, { id: aggregateId, owner: payload.owner, balance: 0 })
  }

  @On('money-deposited')
  deposited(event: Deposited, rows: ReadModelRows): Promise<void> {
    return move(event, event.payload.amount, null, rows)
  }

  @On('money-withdrawn')
  withdrawn(event: Deposited, rows: ReadModelRows): Promise<void> {
    return move(event, -event.payload.amount, null, rows)
  }

  @On('money-sent')
  sent(event: Moved, rows: ReadModelRows): Promise<void> {
    return move(event, -event.payload.amount, event.payload.counterparty, rows)
  }

  @On('money-received')
  received(event: Moved, rows: ReadModelRows): Promise<void> {
    return move(event, event.payload.amount, event.payload.counterparty, rows)
  }
}

async function move(
  { aggregateId, sequence, name, metadata }: RecordedEvent,
  amount: number,
  counterparty: string | null,
  rows: ReadModelRows,
): Promise<void> {
  const account = (await rows.find(AccountView, { id: aggregateId }))!
  account.balance += amount
  rows.sync(account)
  const { correlationId } = metadata
  rows.insert(Movement, {
    id: `${aggregateId}/${sequence}`,
    accountId: aggregateId,
    sequence,
    kind: name,
    amount,
    balance: account.balance,
    counterparty,
    correlationId: typeof correlationId === 'string' ? correlationId : null,
  })
}

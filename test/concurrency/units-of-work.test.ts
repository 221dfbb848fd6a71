import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as loopTurn } from 'node:timers/promises'
import type { DataSource } from 'typeorm'
import { defineProjection, EventStore } from '../../src/index.js'
import { Balance, ledgerEntities, PlainBalance } from '../read-model/ledger-entities.js'
import { databases } from '../support/databases.js'

const UNITS = 1_000
const AT_ONCE = 25

interface Pool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
}

/** What a handler sees of the other handlers that run at the same time. */
const counted = defineProjection({
  name: 'counted',
  on: {
    counted: async ({ aggregateId }, rows) => {
      const row = await rows.find(PlainBalance, { id: aggregateId })
      if (row === undefined) rows.insert(PlainBalance, { id: aggregateId, owner: aggregateId, amount: 1 })
      else {
        row.amount += 1
        rows.sync(row)
      }
    },
  },
})

describe.each(databases())('units of work in parallel on $name', (database) => {
  let dataSource: DataSource
  let store: EventStore

  beforeAll(async () => {
    dataSource = await database.openWith(ledgerEntities)
    store = new EventStore(dataSource, { projections: [counted] })
  })
  afterAll(() => database.close(dataSource))

  it(`11.5 ${UNITS} of them, every third of which fails, keep apart and leave no connection behind`, async () => {
    const unit = new AsyncLocalStorage<string>()
    const run = async (index: number): Promise<void> => {
      const id = `unit-${index}`
      await unit.run(id, () =>
        store.unitOfWork(async (work) => {
          work.append({
            aggregateType: 'unit',
            aggregateId: id,
            expectedVersion: 0,
            events: [{ name: 'counted' }],
          })
          work.insert(Balance, { id, owner: id, amount: index % 3 === 0 ? -1 : index })
          work.send({ type: 'unit', payload: id })
          work.processed('units', id)
          expect(await work.find(Balance, { id: `${id} of nobody` })).toBeUndefined()
          expect(unit.getStore()).toBe(id)
        }),
      )
    }
    const outcomes: boolean[] = []
    for (let batch = 0; batch < UNITS; batch += AT_ONCE) {
      const settled = await Promise.allSettled(
        Array.from({ length: AT_ONCE }, (_, index) => run(batch + index)),
      )
      outcomes.push(...settled.map(({ status }) => status === 'fulfilled'))
    }
    expect(outcomes).toEqual(Array.from({ length: UNITS }, (_, index) => index % 3 !== 0))
    const committed = outcomes.filter(Boolean).length
    const idsOf = async (table: string, column: string): Promise<string[]> => {
      const rows = await dataSource.query<{ id: string }[]>(`select ${column} as id from ${table} order by 1`)
      return rows.map(({ id }) => id)
    }
    const ids = await idsOf('balances', 'id')
    expect(ids).toHaveLength(committed)
    expect(await idsOf('plain_balances', 'id')).toEqual(ids)
    expect(await idsOf('aggregate_events', 'aggregate_id')).toEqual(ids)
    expect(await idsOf('processed_messages', 'message_id')).toEqual(ids)
    expect(await store.outbox.counts()).toMatchObject({ pending: committed })
    const { master } = dataSource.driver as unknown as { master?: Pool }
    if (master === undefined) return
    // A connection goes back at the latest when the event loop turns.
    await loopTurn()
    expect([master.idleCount, master.waitingCount]).toEqual([master.totalCount, 0])
    const open: unknown[] = await dataSource.query(
      `select state from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'`,
    )
    expect(open).toEqual([])
  })
})

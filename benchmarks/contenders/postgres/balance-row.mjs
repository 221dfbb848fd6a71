import { EntitySchema } from '../../module.mjs'

/** The read model of the benchmarks: one row an account. */
export const BalanceRow = new EntitySchema({
  name: 'Balance',
  tableName: 'balances',
  columns: {
    id: { type: 'varchar', primary: true },
    owner: { type: 'varchar' },
    amount: { type: 'integer' },
    note: { type: 'varchar', nullable: true },
  },
})

export const CREATE_BALANCES =
  'create table if not exists balances (id varchar primary key, owner varchar not null, amount integer not null, note varchar)'

let count = 0

/** New values for the rows of an account, so that every upsert changes something. */
export function balances(account, length) {
  count += 1
  return Array.from({ length }, (_, nth) => ({
    id: `${account}-${nth}`,
    owner: 'ann',
    amount: count,
    note: 'paid in cash',
  }))
}

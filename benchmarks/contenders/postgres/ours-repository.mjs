import { deposit } from '../../account.mjs'
import { sourced } from '../../module.mjs'
import { Account } from '../account-aggregate.mjs'
import { OURS } from '../names.mjs'
import { throughRepository } from '../ours.mjs'
import { BalanceRow, balances } from './balance-row.mjs'
import { openDataSource } from './data-source.mjs'

export const oursRepository = {
  key: 'ours_repository',
  name: OURS,
  guarantees:
    'checks the version; triggers refuse gaps, updates and deletes; a reader of the global order misses nothing',
  open: async (url) => {
    const dataSource = await openDataSource(url)
    const store = new sourced.EventStore(dataSource)
    const accounts = throughRepository(dataSource)
    return {
      ...accounts,
      stream: (id) => {
        const account = store.repository(Account).create(id)
        return {
          ...accounts.stream(id),
          commitWithRows: (rows) =>
            store.unitOfWork((work) => {
              work.add(account)
              account.deposit(deposit())
              for (const row of balances(id, rows)) work.upsert(BalanceRow, row)
            }),
        }
      },
      upsertRows: (id, rows) =>
        store.unitOfWork((work) => {
          for (const row of balances(id, rows)) work.upsert(BalanceRow, row)
        }),
    }
  },
}

import { deposit } from '../../account.mjs'
import { sourced } from '../../module.mjs'
import { Account } from '../account-aggregate.mjs'
import { OURS, OURS_ALONE } from '../names.mjs'
import { throughRepository } from '../ours.mjs'
import { BalanceRow, balances } from './balance-row.mjs'
import { openDataSource } from './data-source.mjs'

export const oursRepository = {
  key: 'ours_repository',
  name: OURS,
  guarantees:
    'checks the version; triggers refuse gaps, updates and deletes; a reader of the global order misses nothing',
  open: (url) => openOurs(url, {}),
}

/** Every commit a statement of its own, as an application can choose. */
export const oursAlone = {
  key: 'ours_alone',
  name: OURS_ALONE,
  guarantees: 'the same, with coalesceCommits: false',
  open: (url) => openOurs(url, { coalesceCommits: false }),
}

async function openOurs(url, options) {
  const dataSource = await openDataSource(url)
  const store = new sourced.EventStore(dataSource, options)
  const accounts = throughRepository(dataSource, options)
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
}

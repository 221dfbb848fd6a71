import { AGGREGATE_TYPE, deposit, deposits, EVENT_NAME } from '../account.mjs'
import { sourced } from '../module.mjs'
import { Account, SnapshotAccount } from './account-aggregate.mjs'

/** Through aggregates: a sourced method for each event, then `repository.commit`. */
export function throughRepository(dataSource, options = {}) {
  const store = new sourced.EventStore(dataSource, options)
  const accounts = store.repository(Account)
  const withSnapshots = store.repository(SnapshotAccount)
  return {
    stream: (id) => streamOf(accounts, accounts.create(id)),
    load: async (id) => (await accounts.load(id)).balance,
    // One command against others: load, decide, commit, and once more after a conflict.
    change: (id) => accounts.update(id, (account) => account.deposit(deposit()), { orCreate: true }),
    streamWithSnapshot: (id) => {
      const account = withSnapshots.create(id)
      return { ...streamOf(withSnapshots, account), snapshot: () => withSnapshots.snapshot(account) }
    },
    loadFromSnapshot: async (id) => (await withSnapshots.load(id)).balance,
    close: () => dataSource.destroy(),
  }
}

function streamOf(accounts, account) {
  return {
    commit: (events) => {
      for (let nth = 0; nth < events; nth++) account.deposit(deposit())
      return accounts.commit(account)
    },
  }
}

/** Without aggregates: `store.append` at an expected version. */
export function throughAppend(dataSource) {
  const store = new sourced.EventStore(dataSource)
  return {
    stream: (aggregateId, version = 0) => {
      let expectedVersion = version
      return {
        commit: async (length) => {
          const events = deposits(length).map((payload) => ({ name: EVENT_NAME, payload }))
          await store.append({ aggregateType: AGGREGATE_TYPE, aggregateId, expectedVersion, events })
          expectedVersion += length
        },
      }
    },
    close: () => dataSource.destroy(),
  }
}

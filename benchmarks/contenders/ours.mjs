import { AGGREGATE_TYPE, deposit, deposits, EVENT_NAME } from '../account.mjs'
import { sourced } from '../module.mjs'
import { Account } from './account-aggregate.mjs'

/** Through aggregates: a sourced method for each event, then `repository.commit`. */
export function throughRepository(dataSource) {
  const accounts = new sourced.EventStore(dataSource).repository(Account)
  return {
    stream: (id) => {
      const account = accounts.create(id)
      return {
        commit: (events) => {
          for (let nth = 0; nth < events; nth++) account.deposit(deposit())
          return accounts.commit(account)
        },
      }
    },
    load: async (id) => (await accounts.load(id)).balance,
    close: () => dataSource.destroy(),
  }
}

/** Without aggregates: `store.append` at an expected version. */
export function throughAppend(dataSource) {
  const store = new sourced.EventStore(dataSource)
  return {
    stream: (aggregateId) => {
      let expectedVersion = 0
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

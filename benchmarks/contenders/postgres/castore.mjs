import { EventStore } from '@castore/core'
import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres'
import { AGGREGATE_TYPE, deposit, deposits, EVENT_NAME } from '../../account.mjs'
import { CASTORE } from '../names.mjs'
import { pauseAfterConflict } from '../patience.mjs'
import { POOL_SIZE } from './pool-size.mjs'

export const castore = {
  key: 'castore',
  name: CASTORE,
  guarantees:
    'the unique key refuses a taken version; gaps, updates and deletes pass; has no reader of the global order',
  open: async (url) => {
    const at = new URL(url)
    at.searchParams.set('max', String(POOL_SIZE))
    const connectionString = at.href
    await PostgresEventStorageAdapter.createEventTable({
      connectionString,
      aggregateId: { type: 'VARCHAR', length: 64 },
    })
    const eventStorageAdapter = new PostgresEventStorageAdapter({ connectionString })
    const store = new EventStore({
      eventStoreId: AGGREGATE_TYPE,
      eventTypes: [],
      reducer,
      eventStorageAdapter,
    })
    return {
      stream: (aggregateId) => {
        let version = 0
        return {
          commit: async (length) => {
            const events = deposits(length).map((payload) => eventOf(aggregateId, ++version, payload))
            if (length === 1) await store.pushEvent(events[0])
            else await EventStore.pushEventGroup(...events.map((event) => store.groupEvent(event)))
          },
        }
      },
      load: async (id) => (await store.getAggregate(id)).aggregate.balance,
      change: (id) => changeAccount(store, id),
      // The adapter has no way to end its connections.
      close: () => eventStorageAdapter._sql.end({ timeout: 5 }),
    }
  },
}

/** It has no retries of its own. */
async function changeAccount(store, id) {
  for (;;) {
    const { aggregate } = await store.getAggregate(id)
    try {
      return await store.pushEvent(eventOf(id, (aggregate?.version ?? 0) + 1, deposit()))
    } catch (error) {
      if (error.code !== 'EventAlreadyExistsError') throw error
      await pauseAfterConflict()
    }
  }
}

function eventOf(aggregateId, version, payload) {
  return { aggregateId, version, type: EVENT_NAME, payload }
}

function reducer(account, { aggregateId, version, type, payload }) {
  const balance = (account?.balance ?? 0) + (type === EVENT_NAME ? payload.amount : 0)
  return { aggregateId, version, balance }
}

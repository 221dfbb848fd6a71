import { CommandHandler } from '@event-driven-io/emmett'
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql'
import { deposit, deposits, EVENT_NAME } from '../../account.mjs'
import { EMMETT } from '../names.mjs'
import { pg } from '../../module.mjs'
import { POOL_SIZE } from './pool-size.mjs'

export const emmett = {
  key: 'emmett',
  name: EMMETT,
  guarantees:
    'checks the version; a reader of the global order waits for the oldest writing transaction of the whole cluster',
  open: async (url) => {
    const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE })
    const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } })
    await store.schema.migrate()
    // Its own retries, as many as it takes; shorter pauses than its own were slower here.
    const handle = CommandHandler({ initialState, evolve, retry: { onVersionConflict: 1_000 } })
    return {
      stream: (id) => {
        let expectedStreamVersion = 'STREAM_DOES_NOT_EXIST'
        return {
          commit: async (length) => {
            const events = deposits(length).map((data) => ({ type: EVENT_NAME, data }))
            const { nextExpectedStreamVersion } = await store.appendToStream(nameOf(id), events, {
              expectedStreamVersion,
            })
            expectedStreamVersion = nextExpectedStreamVersion
          },
        }
      },
      load: async (id) => (await store.aggregateStream(nameOf(id), { initialState, evolve })).state.balance,
      change: (id) => handle(store, nameOf(id), () => ({ type: EVENT_NAME, data: deposit() })),
      close: async () => {
        await store.close()
        await pool.end()
      },
    }
  },
}

/** Emmett takes what is before the first dash as the stream's type. */
function nameOf(id) {
  return `account-${id}`
}

function initialState() {
  return { balance: 0 }
}

function evolve(state, { type, data }) {
  return type === EVENT_NAME ? { balance: state.balance + data.amount } : state
}

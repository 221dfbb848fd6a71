import { getSQLiteEventStore, SQLiteConnectionPool, sqliteConnection } from '@event-driven-io/emmett-sqlite'
import { deposits, EVENT_NAME } from '../../account.mjs'
import { EMMETT_SQLITE } from '../names.mjs'

/**
 * On one connection that stays open: its own way of opening one for each call takes half as much time again. It has no
 * way for callers at the same time: on one connection their transactions mix, and on several they find the file busy.
 */
export const emmettSqlite = (synchronous) => ({
  key: `emmett-${synchronous}`,
  name: EMMETT_SQLITE,
  guarantees: 'checks the version; one caller at a time',
  open: async (fileName) => {
    const connection = sqliteConnection({ fileName })
    await connection.command(`PRAGMA synchronous = ${synchronous}`)
    const pool = SQLiteConnectionPool({ fileName, connectionOptions: { singleton: true, connection } })
    const store = getSQLiteEventStore({ fileName, pool })
    return {
      stream: (id) => {
        let expectedStreamVersion = 'STREAM_DOES_NOT_EXIST'
        return {
          commit: async (length) => {
            const events = deposits(length).map((data) => ({ type: EVENT_NAME, data }))
            const { nextExpectedStreamVersion } = await store.appendToStream(`account-${id}`, events, {
              expectedStreamVersion,
            })
            expectedStreamVersion = nextExpectedStreamVersion
          },
        }
      },
      load: async (id) => {
        const { state } = await store.aggregateStream(`account-${id}`, { initialState, evolve })
        return state.balance
      },
      close: () => connection.close(),
    }
  },
})

function initialState() {
  return { balance: 0 }
}

function evolve(state, { type, data }) {
  return type === EVENT_NAME ? { balance: state.balance + data.amount } : state
}

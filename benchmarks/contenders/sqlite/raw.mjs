import { randomUUID } from 'node:crypto'
import { AGGREGATE_TYPE, deposits, EVENT_NAME } from '../../account.mjs'
import { RAW_SQLITE } from '../names.mjs'
import { BetterSqlite3, removeEventGuards, sourced } from '../../module.mjs'

/** The limit: prepared statements on the driver itself, which is synchronous. */
export const raw = (synchronous) => ({
  key: `raw-${synchronous}`,
  name: RAW_SQLITE,
  guarantees:
    'the unique key refuses a taken version, nothing refuses gaps, updates and deletes; code of one process must take turns by itself',
  open: async (file) => {
    await createUnguardedTables(file)
    const database = new BetterSqlite3(file)
    database.pragma('journal_mode = WAL')
    database.pragma(`synchronous = ${synchronous}`)
    const insert = database.prepare(INSERT)
    const insertAll = database.transaction((rows) => {
      for (const row of rows) insert.run(row)
    })
    const select = database.prepare(LOAD)
    return {
      stream: (id) => {
        let version = 0
        return {
          commit: (events) => {
            const all = rows(id, version, deposits(events))
            if (events === 1) insert.run(all[0])
            else insertAll(all)
            version += events
          },
        }
      },
      load: (id) => {
        let balance = 0
        for (const { event_name: name, payload } of select.all(AGGREGATE_TYPE, id)) {
          if (name === EVENT_NAME) balance += JSON.parse(payload).amount
        }
        return balance
      },
      close: () => database.close(),
    }
  },
})

const INSERT = `insert into aggregate_events (aggregate_type, aggregate_id, sequence, commit_id, event_name,
  event_version, payload, payload_codec, payload_codec_version, metadata) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const LOAD = `select event_name, payload from aggregate_events
where aggregate_type = ? and aggregate_id = ? order by sequence`

function rows(id, version, payloads) {
  const commitId = randomUUID()
  return payloads.map((payload, nth) => [
    AGGREGATE_TYPE,
    id,
    version + nth + 1,
    commitId,
    EVENT_NAME,
    1,
    JSON.stringify(payload),
    'json',
    1,
    '{}',
  ])
}

/** The module's tables with all columns, checks and keys, but without the triggers that guard the events. */
async function createUnguardedTables(file) {
  const dataSource = await sourced.openSqlite(file)
  await removeEventGuards(dataSource.createQueryRunner())
  await dataSource.destroy()
}

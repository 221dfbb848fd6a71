import { randomUUID } from 'node:crypto'
import { AGGREGATE_TYPE, deposit, deposits, EVENT_NAME } from '../../account.mjs'
import { HAND_WRITTEN, HAND_WRITTEN_UNGUARDED } from '../names.mjs'
import { pauseAfterConflict } from '../patience.mjs'
import { pg } from '../../module.mjs'
import { balances } from './balance-row.mjs'
import { openDataSource } from './data-source.mjs'
import { POOL_SIZE } from './pool-size.mjs'
import { createUnguardedTables } from './unguarded-tables.mjs'

const COLUMNS = [
  'aggregate_type',
  'aggregate_id',
  'sequence',
  'commit_id',
  'event_name',
  'event_version',
  'payload',
  'payload_codec',
  'payload_codec_version',
  'metadata',
]

/** What one would write for exactly this application, in one prepared statement, on the module's own guarded tables. */
export const handWritten = {
  key: 'hand_written',
  name: HAND_WRITTEN,
  guarantees:
    'the unique key refuses a taken version, triggers refuse gaps, updates and deletes; a reader that follows positions may miss events',
  open: (url) => openHandWritten(url, openDataSource),
}

/** The same without the triggers: the limit. */
export const handWrittenUnguarded = {
  key: 'hand_written_unguarded',
  name: HAND_WRITTEN_UNGUARDED,
  guarantees:
    'the unique key refuses a taken version, nothing refuses gaps, updates and deletes; a reader that follows positions may miss events',
  open: (url) => openHandWritten(url, createUnguardedTables),
}

async function openHandWritten(url, createTables) {
  await (await createTables(url)).destroy()
  const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE })
  return {
    stream: (id) => {
      let version = 0
      return {
        commit: async (events) => {
          await pool.query(insert(id, version, deposits(events)))
          version += events
        },
        commitWithRows: async (rows) => {
          const client = await pool.connect()
          try {
            await client.query('begin')
            await client.query(insert(id, version, deposits(1)))
            await client.query(upsert(balances(id, rows)))
            await client.query('commit')
          } finally {
            client.release()
          }
          version += 1
        },
      }
    },
    upsertRows: (id, rows) => pool.query(upsert(balances(id, rows))),
    load: async (id) => (await load(pool, id)).balance,
    change: (id) => changeAccount(pool, id),
    close: () => pool.end(),
  }
}

const LOAD = `select event_name, payload from aggregate_events
where aggregate_type = $1 and aggregate_id = $2 order by sequence`

async function load(pool, id) {
  const { rows } = await pool.query({ name: 'load', text: LOAD, values: [AGGREGATE_TYPE, id] })
  let balance = 0
  for (const { event_name: name, payload } of rows) if (name === EVENT_NAME) balance += payload.amount
  return { balance, version: rows.length }
}

async function changeAccount(pool, id) {
  for (;;) {
    const { version } = await load(pool, id)
    try {
      return await pool.query(insert(id, version, [deposit()]))
    } catch (error) {
      if (error.code !== UNIQUE_VIOLATION) throw error
      await pauseAfterConflict()
    }
  }
}

const UNIQUE_VIOLATION = '23505'

function insert(id, version, payloads) {
  const commitId = randomUUID()
  const values = payloads.flatMap((payload, nth) => [
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
  return { name: `insert-${payloads.length}`, text: insertText(payloads.length), values }
}

function upsert(rows) {
  const values = rows.flatMap(({ id, owner, amount, note }) => [id, owner, amount, note])
  const places = rows.map((_, row) => `(${[1, 2, 3, 4].map((place) => `$${row * 4 + place}`).join(', ')})`)
  return {
    name: `upsert-${rows.length}`,
    text: `insert into balances (id, owner, amount, note) values ${places.join(', ')}
on conflict (id) do update set owner = excluded.owner, amount = excluded.amount, note = excluded.note`,
    values,
  }
}

const texts = new Map()

function insertText(rows) {
  let text = texts.get(rows)
  if (text === undefined) {
    const placeholders = (_, row) =>
      `(${COLUMNS.map((_, column) => `$${row * COLUMNS.length + column + 1}`).join(', ')})`
    text = `insert into aggregate_events (${COLUMNS.join(', ')})
values ${Array.from({ length: rows }, placeholders).join(', ')}`
    texts.set(rows, text)
  }
  return text
}

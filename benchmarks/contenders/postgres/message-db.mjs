import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { deposits, EVENT_NAME } from '../../account.mjs'
import { MESSAGE_DB } from '../names.mjs'
import { pg } from '../../module.mjs'
import { POOL_SIZE } from './pool-size.mjs'

export const messageDb = {
  key: 'message_db',
  name: MESSAGE_DB,
  guarantees:
    'checks the version; writers of one category take turns until they have committed, so that readers of it miss nothing',
  open: async (url) => {
    const pool = new pg.Pool({
      connectionString: url,
      max: POOL_SIZE,
      options: '-c search_path=message_store,public',
    })
    await install(pool)
    return {
      stream: (id) => {
        let version = -1
        const stream = nameOf(id)
        return {
          commit: async (length) => {
            const writes = deposits(length).map((payload) => write(stream, version++, payload))
            if (length === 1) await pool.query(writes[0])
            else await inTransaction(pool, writes)
          },
        }
      },
      load: async (id) => {
        const { rows } = await pool.query({ name: 'load', text: LOAD, values: [nameOf(id)] })
        let balance = 0
        for (const { type, data } of rows) if (type === EVENT_NAME) balance += JSON.parse(data).amount
        return balance
      },
      close: () => pool.end(),
    }
  },
}

const WRITE = 'select write_message($1, $2, $3, $4, null, $5)'
const LOAD = 'select type, data from get_stream_messages($1, 0, -1)'

/** Every stream a category of its own: its best case, because writers of one category wait for each other. */
function nameOf(id) {
  return `account${id.replaceAll('-', '')}-1`
}

function write(stream, expectedVersion, payload) {
  const values = [randomUUID(), stream, EVENT_NAME, JSON.stringify(payload), expectedVersion]
  return { name: 'write', text: WRITE, values }
}

async function inTransaction(pool, queries) {
  const client = await pool.connect()
  try {
    await client.query('begin')
    for (const query of queries) await client.query(query)
    await client.query('commit')
  } finally {
    client.release()
  }
}

/** Its own files in the order of its install.sh, without what belongs to the whole server: the role and its privileges. */
async function install(pool) {
  const packageFile = createRequire(import.meta.url).resolve('@eventide/message-db/package.json')
  const root = join(dirname(packageFile), 'database')
  for (const folder of ['schema', 'tables', 'types', 'functions', 'indexes']) {
    // Functions call each other only when they run, so their order does not matter.
    for (const file of await readdir(join(root, folder)))
      await pool.query(await readFile(join(root, folder, file), 'utf8'))
  }
}

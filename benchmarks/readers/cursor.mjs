// Reads the events of the module's table through a cursor of Postgres, with everything that `readAll` gives of an event.
import { watchMemory } from '../harness/memory.mjs'
import { pg } from '../module.mjs'

const PAGE = 1_000
const [, , url, warmUp] = process.argv
const client = new pg.Client({ connectionString: url })
await client.connect()
let balance = 0
await read(Number(warmUp), () => undefined)
const memory = watchMemory()
await read(Infinity, memory.count)
console.log(JSON.stringify({ ...memory.result(), balance }))
await client.end()

async function read(limit, count) {
  await client.query('begin')
  await client.query(`declare feed no scroll cursor for
select position, aggregate_type, aggregate_id, sequence, commit_id, event_name, event_version, payload, metadata, recorded_at
from aggregate_events order by position`)
  for (let left = limit; left > 0; left -= PAGE) {
    const { rows } = await client.query({ name: 'fetch', text: `fetch ${PAGE} from feed` })
    for (const { payload } of rows) {
      balance += payload.amount
      count()
    }
    if (rows.length < PAGE) break
  }
  await client.query('commit')
}

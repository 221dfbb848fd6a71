import { createHash } from 'node:crypto'
import { AGGREGATE_TYPE, deposit, EVENT_NAME } from '../account.mjs'
import { pg } from '../module.mjs'

/**
 * Fills the module's event table, made by its migration, with streams of events, in the fastest way: one statement, its
 * triggers off where the user may switch them off. The streams' ids are spread over the index like random ones;
 * `filledId` gives the one of a number from 1. Statistics are up to date afterwards, and no vacuum is still to come.
 */
export async function fillEvents(url, { streams, eventsEach }) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('set session_replication_role = replica').catch(() => undefined)
    await client.query(FILL, [AGGREGATE_TYPE, EVENT_NAME, JSON.stringify(deposit()), streams, eventsEach])
    await client.query('vacuum (analyze) aggregate_events')
    await client.query('checkpoint').catch(() => undefined)
  } finally {
    await client.end()
  }
}

const ID = 'md5(number::text)'

/** In the order of the ids, because the index is built faster so; the rows of a stream follow each other. */
const FILL = `insert into aggregate_events (aggregate_type, aggregate_id, sequence, commit_id, event_name,
  event_version, payload, payload_codec, payload_codec_version, metadata)
select $1, id, sequence, commit_id, $2, 1, $3::json, 'json', 1, '{}'
from (
  select id, gen_random_uuid() commit_id, generate_series(1, $5::int) sequence
  from (select ${ID} id from generate_series(1, $4::int) number order by 1) streams
) events`

export function filledId(number) {
  return createHash('md5').update(String(number)).digest('hex')
}

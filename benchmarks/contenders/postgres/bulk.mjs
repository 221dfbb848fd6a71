// Ways to bring many events into the module's tables at once. Each gets the same events, made as it goes.
import { randomUUID } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { from as copyFrom } from 'pg-copy-streams'
import { AGGREGATE_TYPE, deposit, EVENT_NAME } from '../../account.mjs'
import { importing, pg } from '../../module.mjs'
import { newId } from '../../new-id.mjs'
import { openDataSource } from './data-source.mjs'
import { createUnguardedTables } from './unguarded-tables.mjs'

export const COPY = 'raw COPY'
export const COPY_UNGUARDED = 'raw COPY, no guards (the limit)'
export const BATCHES = 'raw INSERT of 5,000 rows as arrays'
export const IMPORT = 'typeorm-sourced, importEvents'

const EVENTS_EACH = 100
const BATCH = 5_000

export const bulkWriters = [
  { key: 'bulk_copy', name: COPY, open: (url) => openRaw(url, openDataSource, copyAll) },
  {
    key: 'bulk_copy_unguarded',
    name: COPY_UNGUARDED,
    open: (url) => openRaw(url, createUnguardedTables, copyAll),
  },
  { key: 'bulk_insert', name: BATCHES, open: (url) => openRaw(url, openDataSource, insertAll) },
  {
    key: 'bulk_import',
    name: IMPORT,
    missing: importing.importEvents === undefined ? 'this build has no importEvents' : undefined,
    open: openImport,
  },
]

/** Each stream has 100 events; `count` is a multiple of that. */
function* streamsOf(count) {
  for (let left = count; left > 0; left -= EVENTS_EACH) yield newId()
}

async function openRaw(url, createTables, write) {
  await (await createTables(url)).destroy()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return { write: (count) => write(client, count), close: () => client.end() }
}

async function openImport(url) {
  const target = await openDataSource(url)
  return {
    write: (count) => importing.importEvents({ target, events: eventsToImport(count) }),
    close: () => target.destroy(),
  }
}

function* eventsToImport(count) {
  for (const aggregateId of streamsOf(count))
    for (let sequence = 1; sequence <= EVENTS_EACH; sequence++)
      yield { aggregateType: AGGREGATE_TYPE, aggregateId, sequence, name: EVENT_NAME, payload: deposit() }
}

const COLUMNS =
  'aggregate_type, aggregate_id, sequence, commit_id, event_name, event_version, payload, payload_codec, payload_codec_version'

function copyAll(client, count) {
  const stream = client.query(copyFrom(`copy aggregate_events (${COLUMNS}) from stdin`))
  return pipeline(Readable.from(copyLines(count), { objectMode: false }), stream)
}

/** A chunk for each stream: one for each event would cost more than the rows. */
function* copyLines(count) {
  for (const id of streamsOf(count)) {
    const commit = randomUUID()
    let chunk = ''
    for (let sequence = 1; sequence <= EVENTS_EACH; sequence++) {
      const payload = JSON.stringify(deposit()).replaceAll('\\', '\\\\')
      chunk += `${AGGREGATE_TYPE}\t${id}\t${sequence}\t${commit}\t${EVENT_NAME}\t1\t${payload}\tjson\t1\n`
    }
    yield chunk
  }
}

const INSERT = `insert into aggregate_events (${COLUMNS})
select '${AGGREGATE_TYPE}', id, sequence, commit_id, '${EVENT_NAME}', 1, payload, 'json', 1
from unnest($1::text[], $2::int[], $3::uuid[], $4::json[]) as e(id, sequence, commit_id, payload)`

async function insertAll(client, count) {
  let rows = noRows()
  const flush = async () => {
    await client.query({ name: 'insert-arrays', text: INSERT, values: rows })
    rows = noRows()
  }
  for (const id of streamsOf(count)) {
    const commit = randomUUID()
    const [ids, sequences, commits, payloads] = rows
    for (let sequence = 1; sequence <= EVENTS_EACH; sequence++) {
      ids.push(id)
      sequences.push(sequence)
      commits.push(commit)
      payloads.push(JSON.stringify(deposit()))
    }
    if (ids.length >= BATCH) await flush()
  }
  if (rows[0].length > 0) await flush()
}

function noRows() {
  return [[], [], [], []]
}

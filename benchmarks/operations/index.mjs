import { bulkImport } from './bulk-import.mjs'
import { commitConcurrently } from './commit-concurrently.mjs'
import { commitOneEvent } from './commit-1-event.mjs'
import { commitTenEvents } from './commit-10-events.mjs'
import { commitWithOneRow, commitWithTenRows } from './commit-with-rows.mjs'
import { hotAggregate } from './hot-aggregate.mjs'
import { latency } from './latency.mjs'
import { loadHundredEvents } from './load-100-events.mjs'
import { networkDelay } from './network-delay.mjs'
import { readEverything } from './read-all.mjs'
import { commitConcurrentlyOnSqlite } from './sqlite-callers.mjs'
import { commitToLongStreams, loadWithSnapshot } from './stream-length.mjs'
import { tableSize } from './table-size.mjs'
import { upsertThousandRows } from './upsert-1000-rows.mjs'

/** In the order of the report. */
export const operations = [
  commitOneEvent,
  commitTenEvents,
  commitConcurrently,
  commitConcurrentlyOnSqlite,
  latency,
  hotAggregate,
  loadHundredEvents,
  commitToLongStreams,
  loadWithSnapshot,
  tableSize,
  readEverything,
  bulkImport,
  commitWithOneRow,
  commitWithTenRows,
  upsertThousandRows,
  networkDelay,
]

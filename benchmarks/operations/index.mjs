import { commitConcurrently } from './commit-concurrently.mjs'
import { commitOneEvent } from './commit-1-event.mjs'
import { commitTenEvents } from './commit-10-events.mjs'
import { commitToLongStreams } from './commit-to-long-streams.mjs'
import { loadHundredEvents } from './load-100-events.mjs'

/** In the order of the report. */
export const operations = [
  commitOneEvent,
  commitTenEvents,
  commitConcurrently,
  loadHundredEvents,
  commitToLongStreams,
]

import { throughAppend } from '../contenders/ours.mjs'
import { openDataSource } from '../contenders/postgres/data-source.mjs'
import { compare } from '../harness/compare.mjs'
import { fillEvents, filledId } from '../harness/fill-events.mjs'
import { createDatabase } from '../harness/postgres.mjs'
import { ratioOf } from '../harness/statistics.mjs'
import { whole } from '../harness/table.mjs'
import { atMost } from '../harness/targets.mjs'

const EVENTS_EACH = 10
const SIZES = [10_000, 100_000, 1_000_000, 10_000_000]
const QUICK_SIZES = [10_000, 100_000]

/** Whether an append costs more the larger the table is: to streams that exist, anywhere in the table. */
export const tableSize = {
  name: 'table-size',
  contenders: { postgres: [] },
  quick: ['postgres'],
  run: async ({ options, server }) => {
    const sizes = options.quick ? QUICK_SIZES : SIZES
    const tables = []
    try {
      for (const size of sizes) tables.push(await openTable(server.url, size))
      return [await section(tables, sizes, options)]
    } finally {
      for (const { close } of tables) await close()
    }
  },
}

function section(tables, sizes, options) {
  const [smallest, largest] = [sizes.at(0), sizes.at(-1)]
  return compare(
    {
      title: 'Appends of 1 event to a stream anywhere in tables of different sizes, typeorm-sourced only',
      unit: 'appends',
      rivals: tables,
      targets: [
        (samples) =>
          atMost(
            `an append at ${whole(largest)} rows takes at most 1.3 times one at ${whole(smallest)}`,
            ratioOf(samples.get(nameOf(largest)), samples.get(nameOf(smallest))),
            1.3,
          ),
      ],
    },
    { ...options.lengths, roundMs: options.lengths.roundMs * 2 },
  )
}

async function openTable(adminUrl, size) {
  const { url, drop } = await createDatabase(adminUrl, `rows_${size}`)
  const store = throughAppend(await openDataSource(url))
  const streams = size / EVENTS_EACH
  await fillEvents(url, { streams, eventsEach: EVENTS_EACH })
  const opened = new Map()
  const streamAt = (number) => {
    if (!opened.has(number)) opened.set(number, store.stream(filledId(number), EVENTS_EACH))
    return opened.get(number)
  }
  return {
    name: nameOf(size),
    prepare: (count) => {
      const targets = Array.from({ length: count }, () => streamAt(1 + Math.floor(Math.random() * streams)))
      return async () => {
        for (const stream of targets) await stream.commit(1)
      }
    },
    close: async () => {
      await store.close()
      await drop()
    },
  }
}

function nameOf(size) {
  return `a table of ${whole(size)} events`
}

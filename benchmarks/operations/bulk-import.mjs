import { BATCHES, bulkWriters, COPY, IMPORT } from '../contenders/postgres/bulk.mjs'
import { compare } from '../harness/compare.mjs'
import { createDatabase } from '../harness/postgres.mjs'
import { median } from '../harness/statistics.mjs'
import { whole } from '../harness/table.mjs'
import { fasterBy } from '../harness/targets.mjs'

/** Many events at once, from a source that makes them as they are pulled. */
export const bulkImport = {
  name: 'bulk-import',
  contenders: { postgres: [] },
  quick: ['postgres'],
  run: async ({ options, server, skip }) => {
    const count = options.quick ? 20_000 : 100_000
    const opened = []
    try {
      for (const writer of bulkWriters) {
        if (writer.missing === undefined) opened.push(await openWriter(server.url, writer))
        else skip(writer.name, writer.missing)
      }
      return [await section(opened, count, options.quick ? 3 : 7)]
    } finally {
      for (const { close } of opened) await close()
    }
  },
}

function section(writers, count, rounds) {
  return compare(
    {
      title: 'Imports of many events, 100 a stream',
      unit: 'events',
      rivals: writers,
      targets: [
        (samples) => {
          const widest = [COPY, BATCHES].reduce((a, b) =>
            median(samples.get(a)) < median(samples.get(b)) ? a : b,
          )
          return fasterBy(
            `at least 0.7 of the faster raw way, which is ${widest}`,
            IMPORT,
            widest,
            0.7,
          )(samples)
        },
      ],
      notes: [
        `The raw ways check nothing but the keys; importEvents refuses gaps. ${whole(count)} events a round.`,
      ],
    },
    { count, rounds },
  )
}

async function openWriter(adminUrl, { key, name, open }) {
  const { url, drop } = await createDatabase(adminUrl, key)
  const writer = await open(url)
  await writer.write(1_000)
  return {
    name,
    prepare: (count) => () => writer.write(count).then(() => undefined),
    close: async () => {
      await writer.close()
      await drop()
    },
  }
}

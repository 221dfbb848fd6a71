import { BATCHES, bulkWriters, COPY, COPY_UNGUARDED, IMPORT } from '../contenders/postgres/bulk.mjs'
import { compare } from '../harness/compare.mjs'
import { createDatabase } from '../harness/postgres.mjs'
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
      targets: [COPY, COPY_UNGUARDED, BATCHES].map((raw) =>
        fasterBy(`at least 0.7 of ${raw}`, IMPORT, raw, 0.7),
      ),
      notes: [
        'COPY and INSERT write to the tables as the migration makes them; the import also finds out what is there already.',
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

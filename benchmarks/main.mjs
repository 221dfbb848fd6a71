// Measures every operation with every contender in one run and gives one report. Always exits with 0 when it has
// measured: on a noisy machine a missed target is something to look at, not a failure.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databases } from './contenders/index.mjs'
import { Contestants } from './harness/contestants.mjs'
import { describeMachine } from './harness/machine.mjs'
import { readOptions } from './harness/options.mjs'
import { createDatabase, openServer } from './harness/postgres.mjs'
import { Report } from './harness/report.mjs'
import { operations } from './operations/index.mjs'

const options = readOptions(operations.map(({ name }) => name))
const report = new Report()
const started = performance.now()
const server = await openServer()
const folder = await mkdtemp(join(tmpdir(), 'typeorm-sourced-bench-'))
try {
  report.machine(await describeMachine(server.url))
  for (const database of databases) await runOn(database)
  report.end(Math.round((performance.now() - started) / 1_000))
  if (options.files !== undefined) await report.write(options.files, commandLine())
} finally {
  await rm(folder, { recursive: true, force: true })
  await server.stop()
}

/** Runs all operations of one database. */
async function runOn(database) {
  const { key, label, kind } = database
  const selected = operations.filter(
    ({ name, contenders: taking, quick }) =>
      taking[key] !== undefined &&
      (options.only === undefined ? !options.quick || quick?.includes(key) : name === options.only),
  )
  if (selected.length === 0) return
  report.database(label)
  const contestants = new Contestants(database, kind === 'postgres' ? placeInPostgres : placeInFile, report)
  try {
    for (const [nth, operation] of selected.entries()) {
      await contestants.keep(selected.slice(nth).flatMap(({ contenders: taking }) => taking[key]))
      const stores = await contestants.take(operation.contenders[key])
      const skip = report.skip.bind(report)
      // Sections at once, or one after the other as they are measured.
      const sections = await operation.run({ stores, kind, options, server, skip })
      for await (const section of sections) report.section({ label, name: operation.name }, section)
    }
  } finally {
    await contestants.keep([])
  }
}

async function placeInPostgres(key) {
  const { url, drop } = await createDatabase(server.url, key)
  return { at: url, remove: drop }
}

function placeInFile(key) {
  return { at: join(folder, `${key}.sqlite`), remove: () => Promise.resolve() }
}

function commandLine() {
  return ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ')
}

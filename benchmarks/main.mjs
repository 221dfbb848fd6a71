// Measures every operation with every contender in one run and prints one report. Always exits with 0 when it has
// measured: on a noisy machine a missed target is something to look at, not a failure.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contenders } from './contenders/index.mjs'
import { OURS } from './contenders/names.mjs'
import { reportMachine } from './harness/machine.mjs'
import { measure } from './harness/measure.mjs'
import { readOptions } from './harness/options.mjs'
import { createDatabase, openServer } from './harness/postgres.mjs'
import { report, reportGuarantees, reportTargets } from './harness/report.mjs'
import { operations } from './operations/index.mjs'

const options = readOptions(operations.map(({ name }) => name))
const server = await openServer()
const folder = await mkdtemp(join(tmpdir(), 'typeorm-sourced-bench-'))
try {
  await reportMachine(server.url)
  const judged = [
    ...(await runOn('postgres', 'Postgres', placeInPostgres)),
    ...(await runOn('sqlite', 'SQLite', placeInFile)),
  ]
  reportTargets(judged)
} finally {
  await rm(folder, { recursive: true, force: true })
  await server.stop()
}

/** Runs all operations of one database and gives the judged targets. */
async function runOn(database, label, place) {
  const selected = operations.filter(
    ({ name, databases }) =>
      databases.includes(database) && (options.only === undefined || name === options.only),
  )
  if (selected.length === 0) return []
  const stores = []
  const cleanUps = []
  try {
    for (const { key, name, guarantees, open } of contenders[database]) {
      const { at, remove } = await place(key)
      cleanUps.unshift(remove)
      const store = await open(at)
      cleanUps.unshift(store.close)
      stores.push({ name, guarantees, ...store })
    }
    console.log(`\n== ${label} ==`)
    reportGuarantees(stores)
    const judged = []
    for (const operation of selected) {
      const rivals = await operation.rivals(stores)
      const ours = rivals.some(({ name }) => name === OURS) ? OURS : undefined
      const { title, unit } = operation
      const measured = await measure(rivals, options)
      const targets = report({ title, ours, targets: operation.targets?.[database] }, unit, measured)
      judged.push(...targets.map((target) => ({ operation: `${label}, ${operation.name}`, ...target })))
    }
    return judged
  } finally {
    for (const cleanUp of cleanUps) await cleanUp()
  }
}

async function placeInPostgres(key) {
  const { url, drop } = await createDatabase(server.url, key)
  return { at: url, remove: drop }
}

function placeInFile(key) {
  return { at: join(folder, `${key}.sqlite`), remove: () => Promise.resolve() }
}

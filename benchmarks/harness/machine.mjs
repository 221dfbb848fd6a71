import { cpus, loadavg, totalmem } from 'node:os'
import { pg, versionOf } from '../module.mjs'

/** Prints what the figures depend on. */
export async function reportMachine(adminUrl) {
  const [cpu] = cpus()
  const load = loadavg()[0].toFixed(2)
  console.log(
    `${cpus().length} × ${cpu.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, load before the run ${load}`,
  )
  console.log(`node ${process.versions.node}, ${await describePostgres(adminUrl)}`)
  const packages = [
    'typeorm',
    'pg',
    'better-sqlite3',
    '@event-driven-io/emmett-postgresql',
    'sourced-repo-typeorm',
    'sourced',
  ]
  console.log(packages.map((name) => `${name} ${versionOf(name)}`).join(', '))
}

async function describePostgres(adminUrl) {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  const { rows } = await client.query(
    `select name, setting from pg_settings where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes')`,
  )
  await client.end()
  const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
  const { server_version: version, ...rest } = settings
  const list = Object.entries(rest).map(([name, setting]) => `${name} ${setting}`)
  return `Postgres ${version} (${list.join(', ')})`
}

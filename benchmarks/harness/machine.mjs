import { cpus, loadavg, totalmem } from 'node:os'
import { pg, versionOf } from '../module.mjs'

const PACKAGES = [
  'typeorm-sourced',
  'typeorm',
  'pg',
  'better-sqlite3',
  '@event-driven-io/emmett-postgresql',
  '@event-driven-io/emmett-sqlite',
  '@castore/event-storage-adapter-postgres',
  '@eventide/message-db',
  'sourced-repo-typeorm',
]

/** What the figures depend on, a line each. */
export async function describeMachine(adminUrl) {
  const [cpu] = cpus()
  return [
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, load ` +
      `before the run ${loadavg()[0].toFixed(2)}`,
    `node ${process.versions.node}, ${await describePostgres(adminUrl)}`,
    PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(', '),
  ]
}

async function describePostgres(adminUrl) {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  const { rows } = await client.query(
    `select name, setting from pg_settings
where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'max_connections')`,
  )
  await client.end()
  const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
  const { server_version: version, ...rest } = settings
  const list = Object.entries(rest).map(([name, setting]) => `${name} ${setting}`)
  return `Postgres ${version} (${list.join(', ')})`
}

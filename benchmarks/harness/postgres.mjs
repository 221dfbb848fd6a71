import { pg, startPostgresProcess } from '../module.mjs'

/** A server to measure on: the one at DATABASE_URL, else one of its own with default settings. */
export async function openServer() {
  const given = process.env.DATABASE_URL
  if (given !== undefined && given !== '') return { url: given, stop: () => Promise.resolve() }
  return startPostgresProcess()
}

/** Runs `work` with the URL of a new database, which is dropped afterwards. */
export async function createDatabase(adminUrl, name) {
  const database = `typeorm_sourced_bench_${name}_${process.pid}`
  await onServer(adminUrl, `create database ${database}`)
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  return {
    url: url.href,
    drop: () => onServer(adminUrl, `drop database ${database} with (force)`),
  }
}

async function onServer(url, statement) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

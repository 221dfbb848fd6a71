import { join } from 'node:path'
import { DataSource } from 'typeorm'
import { postgresEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { openSqlite } from '../../src/index.js'
import type { Repository } from './git/repository.js'
import { Problem } from './problem.js'
import { readModels } from './read-model/read-models.js'

export interface LedgerDatabase {
  readonly dataSource: DataSource
  /** Where it is, without a password. */
  readonly location: string
}

/**
 * Opens the database of a repository's ledger, with its tables: the Postgres that `DATABASE_URL` names, the SQLite
 * file that `DATABASE_FILE` names, or a file of the repository's own beside this program.
 */
export async function openDatabase({ name, key }: Repository, env = process.env): Promise<LedgerDatabase> {
  const url = env['DATABASE_URL']
  if (url !== undefined && url !== '')
    return { dataSource: await openPostgres(url), location: withoutPassword(url) }
  const location =
    env['DATABASE_FILE'] ?? join(__dirname, 'data', `${name.replace(/[^\w.-]/g, '_')}-${key}.sqlite`)
  return { dataSource: await openSqlite(location, readModels), location }
}

async function openPostgres(url: string): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    entities: [...postgresEntities, ...readModels.entities],
    migrations: [...sourcedMigrations, ...readModels.migrations],
  })
  try {
    await dataSource.initialize()
  } catch (error) {
    throw new Problem(`The Postgres at ${withoutPassword(url)} cannot be reached: ${reasonOf(error)}`)
  }
  await dataSource.runMigrations()
  return dataSource
}

/** Of a host with several addresses, Node reports a failed connection as an AggregateError without a message. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error ? first.message : String(first)
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url))
    throw new Problem('DATABASE_URL is not a URL such as postgres://user@localhost:5432/name.', 2)
  const { host, pathname } = new URL(url)
  return `postgres://${host}${pathname}`
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataSource } from 'typeorm'
import type { DataSourceOptions } from 'typeorm'
import { postgresEntities, sqliteEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { createPostgresDatabase, isTypeorm1 } from '../support/databases.js'

export type Driver = 'postgres' | 'better-sqlite3' | 'sqlite'

/** TypeORM 1.x dropped the package sqlite3. */
export const sqliteDrivers: readonly Driver[] = isTypeorm1 ? ['better-sqlite3'] : ['better-sqlite3', 'sqlite']

export const drivers: readonly Driver[] = [...sqliteDrivers, 'postgres']

/** Options of a DataSource, of whichever driver and TypeORM version. */
export type Options = Readonly<Record<string, unknown>>

const cleanups: (() => Promise<unknown>)[] = []

/** To be called after each test: closes what the test opened and drops its databases. */
export async function cleanUp(): Promise<void> {
  for (const clean of cleanups.splice(0).reverse()) await clean()
}

/** A folder of the test's own. */
export async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'typeorm-sourced-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/**
 * What leads a DataSource to an empty database of the test's own: `database`, or the `url` of one. On Postgres with
 * the schema, if one is named, because that is the host's to create.
 */
export async function freshDatabase(driver: Driver, schema?: string): Promise<Options> {
  if (driver !== 'postgres') return { database: join(await freshFolder(), 'events.db') }
  const { url, drop } = await createPostgresDatabase()
  cleanups.push(drop)
  if (schema !== undefined) {
    const admin = await new DataSource({ type: 'postgres', url }).initialize()
    await admin.query(`CREATE SCHEMA "${schema}"`)
    await admin.destroy()
  }
  return { url }
}

/** An initialized DataSource with the module's entities and migrations, closed after the test. */
export async function open(driver: Driver, options: Options): Promise<DataSource> {
  const dataSource = new DataSource({
    type: driver,
    entities: driver === 'postgres' ? [...postgresEntities] : [...sqliteEntities],
    migrations: [...sourcedMigrations],
    ...options,
  } as unknown as DataSourceOptions)
  await dataSource.initialize()
  cleanups.push(async () => {
    if (dataSource.isInitialized) await dataSource.destroy()
  })
  return dataSource
}

/** The same on an empty database. */
export async function openFresh(driver: Driver, options: Options = {}): Promise<DataSource> {
  return open(driver, { ...(await freshDatabase(driver)), ...options })
}

/** The same with the migrations run. */
export async function openMigrated(driver: Driver, options: Options = {}): Promise<DataSource> {
  const dataSource = await openFresh(driver, options)
  await dataSource.runMigrations()
  return dataSource
}

/** What `migration:generate` would write into a migration's `up`. */
export async function generated(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log()
  return upQueries.map(({ query }) => query)
}

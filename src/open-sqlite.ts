import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DataSource } from 'typeorm'
import type { DataSourceOptions } from 'typeorm'
import {
  EVENT_ENTITY,
  LOCK_ENTITY,
  OUTBOX_ENTITY,
  PROCESSED_MESSAGE_ENTITY,
  SNAPSHOT_ENTITY,
  sqliteEntities,
} from '../entities/index.js'
import { sourcedMigrations } from '../migrations/index.js'
import { assertKnown } from './options.js'
import { guardSqlite } from './runner/sqlite-guard.js'

/** What to open beside the module's own tables. */
export interface OpenSqliteOptions {
  /** The host's entities. One that extends an entity of the module takes its place. */
  readonly entities?: Readonly<DataSourceOptions['entities']>
  /** The host's migrations; they run together with the module's, oldest first. */
  readonly migrations?: Readonly<DataSourceOptions['migrations']>
  /**
   * The driver: `'sqlite'` is the package sqlite3, which TypeORM supports up to 0.3.
   * @defaultValue 'better-sqlite3'
   */
  readonly driver?: 'better-sqlite3' | 'sqlite'
  readonly logging?: DataSourceOptions['logging']
}

/**
 * Opens an embedded database file, or `':memory:'`, ready to use: creates missing folders and the file, runs
 * pending migrations, and sets it up to be durable: write-ahead log, fsync on every commit, foreign keys on.
 * Close it with `dataSource.destroy()`.
 *
 * @example
 * const store = new EventStore(await openSqlite('data/bank.db'))
 */
export async function openSqlite(path: string, options: OpenSqliteOptions = {}): Promise<DataSource> {
  assertKnown('openSqlite', options, ['entities', 'migrations', 'driver', 'logging'])
  if (path !== ':memory:') await mkdir(dirname(path), { recursive: true })
  const entities = listOf(options.entities)
  const dataSource = new DataSource({
    type: options.driver ?? 'better-sqlite3',
    database: path,
    entities: [
      ...sqliteEntities.filter((own) => !entities.some((entity) => mapsSameTable(entity, own))),
      ...entities,
    ],
    migrations: [...sourcedMigrations, ...listOf(options.migrations)],
    ...(options.logging === undefined ? {} : { logging: options.logging }),
  } as DataSourceOptions)
  guardSqlite(dataSource, undefined)
  await dataSource.initialize()
  try {
    await dataSource.query('PRAGMA journal_mode = WAL')
    // In WAL mode the drivers' default may lose commits that were reported, when the machine loses power.
    await dataSource.query('PRAGMA synchronous = FULL')
    await dataSource.query('PRAGMA busy_timeout = 5000')
    await dataSource.runMigrations()
  } catch (error) {
    await dataSource.destroy()
    throw error
  }
  return dataSource
}

/** TypeORM takes lists as arrays or as modules of exports. */
function listOf(entries: Readonly<DataSourceOptions['entities' | 'migrations']>): unknown[] {
  return Object.values((entries ?? []) as Record<string, unknown>)
}

const MARKS = [EVENT_ENTITY, SNAPSHOT_ENTITY, PROCESSED_MESSAGE_ENTITY, OUTBOX_ENTITY, LOCK_ENTITY] as const

/** Whether a host's entity takes the place of a shipped one: it extends it, or what it is made of. */
function mapsSameTable(entity: unknown, own: object): boolean {
  return typeof entity === 'function' && MARKS.some((mark) => mark in entity && mark in own)
}

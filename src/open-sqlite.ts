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
import { InvalidArgumentError, SchemaError } from './errors/index.js'
import { assertKnown } from './options.js'
import { supportsSqlite3 } from './runner/assert-data-source.js'
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
  const driver = driverOf(options)
  const entities = listOf(options.entities)
  assertForSqlite(entities)
  if (path !== ':memory:') await mkdir(dirname(path), { recursive: true })
  const dataSource = new DataSource({
    type: driver,
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

function driverOf({ driver = 'better-sqlite3' }: OpenSqliteOptions): string {
  if (!['better-sqlite3', 'sqlite'].includes(driver)) {
    throw new InvalidArgumentError(
      `openSqlite has no driver '${driver}'. It has 'better-sqlite3', and 'sqlite' for the package sqlite3.`,
    )
  }
  if (driver === 'sqlite' && !supportsSqlite3()) {
    throw new InvalidArgumentError(
      `The driver 'sqlite', which is the package sqlite3, needs TypeORM 0.3: TypeORM 1.x dropped it. Install ` +
        `better-sqlite3@12 and leave 'driver' out, or install typeorm@0.3.`,
    )
  }
  return driver
}

const MARKS = [EVENT_ENTITY, SNAPSHOT_ENTITY, PROCESSED_MESSAGE_ENTITY, OUTBOX_ENTITY, LOCK_ENTITY] as const

function assertForSqlite(entities: readonly unknown[]): void {
  const strangers = entities.filter(
    (entity): entity is new () => object =>
      typeof entity === 'function' &&
      MARKS.some(
        (mark) => mark in entity && (entity as unknown as Record<symbol, unknown>)[mark] !== 'sqlite',
      ),
  )
  if (strangers.length === 0) return
  throw new SchemaError(
    strangers.map(({ name }) => `the entity ${name} is made for postgres, the DataSource is sqlite`),
    `Leave it out, or extend the one of 'sqliteEntities' in 'typeorm-sourced/entities' instead.`,
  )
}

/** TypeORM takes lists as arrays or as modules of exports. */
function listOf(entries: Readonly<DataSourceOptions['entities' | 'migrations']>): unknown[] {
  return Object.values((entries ?? []) as Record<string, unknown>)
}

/** Whether a host's entity takes the place of a shipped one: it extends it, or what it is made of. */
function mapsSameTable(entity: unknown, own: object): boolean {
  return typeof entity === 'function' && MARKS.some((mark) => mark in entity && mark in own)
}

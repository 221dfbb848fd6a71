import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as typeorm from 'typeorm'
import { DataSource } from 'typeorm'
import type { DataSourceOptions } from 'typeorm'
import {
  EVENT_ENTITY,
  LOCK_ENTITY,
  OUTBOX_ENTITY,
  postgresEntities,
  PROCESSED_MESSAGE_ENTITY,
  SNAPSHOT_ENTITY,
} from '../../entities/index.js'
import type { Dialect } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { openSqlite } from '../../src/index.js'
import type { EventStoreOptions } from '../../src/index.js'

/** The TypeORM that this jest project runs with: 1.x removed `createConnection`. */
export const isTypeorm1 = !('createConnection' in typeorm)

/** A database of one's own for one test file. */
export interface TestDatabase {
  readonly name: string
  open(options?: Partial<DataSourceOptions>): Promise<DataSource>
  /** The same with entities of a host, whose tables are made of them. */
  openWith(entities: readonly (new () => object)[]): Promise<DataSource>
  readonly dialect: Dialect
  /** Closes the DataSource that `open` gave, and drops the database. */
  close(dataSource: DataSource): Promise<void>
}

/** The server that the tests use. */
export function postgresUrl(): string {
  const url = process.env['TEST_DATABASE_URL']
  if (url === undefined) throw new Error('Run the tests with jest: its global set-up starts Postgres.')
  return url
}

/** A new database on the server, by its URL; `drop` removes it, whoever is still connected. */
export async function createPostgresDatabase(
  server = postgresUrl(),
): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `sourced_test_${randomUUID().replaceAll('-', '')}`
  await administer(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => administer(server, `drop database ${name} with (force)`) }
}

async function administer(server: string, statement: string): Promise<void> {
  const admin = await new DataSource({ type: 'postgres', url: server }).initialize()
  await admin.query(statement)
  await admin.destroy()
}

/** Postgres with the module's tables. */
export function postgres(): TestDatabase {
  const drops = new Map<DataSource, () => Promise<void>>()
  return {
    name: 'Postgres',
    dialect: 'postgres',
    async openWith(entities) {
      return synchronized(await this.open({ entities: beside(postgresEntities, entities) }))
    },
    async open(options = {}) {
      const { url, drop } = await createPostgresDatabase()
      const dataSource = new DataSource({
        type: 'postgres',
        url,
        entities: [...postgresEntities],
        migrations: [...sourcedMigrations],
        ...options,
      } as DataSourceOptions)
      await dataSource.initialize()
      const { schema } = dataSource.options as { schema?: string }
      if (schema !== undefined) await dataSource.query(`create schema "${schema}"`)
      await dataSource.runMigrations()
      drops.set(dataSource, drop)
      return dataSource
    },
    async close(dataSource) {
      await dataSource.destroy()
      await drops.get(dataSource)?.()
    },
  }
}

/** SQLite in memory. */
export function sqliteMemory(): TestDatabase {
  return {
    name: 'SQLite in memory',
    dialect: 'sqlite',
    open: () => openSqlite(':memory:'),
    openWith: async (entities) => synchronized(await openSqlite(':memory:', { entities: [...entities] })),
    close: (dataSource) => dataSource.destroy(),
  }
}

/** SQLite in a file, through the given driver. */
export function sqliteFile(driver: 'better-sqlite3' | 'sqlite'): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'typeorm-sourced-'))
  return {
    name: `SQLite file (${driver === 'sqlite' ? 'sqlite3' : driver})`,
    dialect: 'sqlite',
    open: () => openSqlite(join(folder, `${randomUUID()}.sqlite`), { driver }),
    openWith: async (entities) =>
      synchronized(
        await openSqlite(join(folder, `${randomUUID()}.sqlite`), { driver, entities: [...entities] }),
      ),
    async close(dataSource) {
      await dataSource.destroy()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The shipped entities, but for those whose table a host's entity maps. */
function beside(
  shipped: readonly (new () => object)[],
  entities: readonly (new () => object)[],
): (new () => object)[] {
  const marks = (entity: object): symbol[] =>
    [EVENT_ENTITY, SNAPSHOT_ENTITY, PROCESSED_MESSAGE_ENTITY, OUTBOX_ENTITY, LOCK_ENTITY].filter(
      (mark) => mark in entity,
    )
  const taken = new Set(entities.flatMap(marks))
  return [...shipped.filter((entity) => !marks(entity).some((mark) => taken.has(mark))), ...entities]
}

/** The tables of a host come from its own migrations; tests take the short way. */
async function synchronized(dataSource: DataSource): Promise<DataSource> {
  await dataSource.synchronize()
  return dataSource
}

/** Every database that works with this TypeORM. */
export function databases(): TestDatabase[] {
  const everywhere = [sqliteMemory(), sqliteFile('better-sqlite3'), postgres()]
  return isTypeorm1 ? everywhere : [...everywhere, sqliteFile('sqlite')]
}

/** Every database, and Postgres once more as a pooler needs it, where nothing can be sent along with a statement. */
export function databasesAndPooler(): [name: string, options: EventStoreOptions, database: TestDatabase][] {
  return [
    ...databases().map((each): [string, EventStoreOptions, TestDatabase] => [each.name, {}, each]),
    ['Postgres without prepared statements', { preparedStatements: false }, postgres()],
  ]
}

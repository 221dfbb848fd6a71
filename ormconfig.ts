import 'reflect-metadata'
import { DataSource } from 'typeorm'
import type { DataSourceOptions } from 'typeorm'
import { postgresEntities, sqliteEntities } from './entities/index.js'
import { sourcedMigrations } from './migrations/index.js'

/**
 * The DataSource of the TypeORM command line and of the examples: Postgres when `DATABASE_URL` names one, an
 * embedded SQLite file otherwise.
 */
function fromEnvironment(): DataSourceOptions {
  const migrations = [...sourcedMigrations]
  const url = process.env['DATABASE_URL']
  if (url !== undefined && url !== '')
    return { type: 'postgres', url, entities: [...postgresEntities], migrations }
  const database = process.env['DATABASE_FILE'] ?? 'typeorm-sourced.sqlite'
  return { type: 'better-sqlite3', database, entities: [...sqliteEntities], migrations }
}

export default new DataSource(fromEnvironment())

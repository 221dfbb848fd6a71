// The built module and the drivers it runs on, all from the repository's own node_modules: a DataSource has to
// come from the very TypeORM that the module loads, and hand-written SQL should run on the very same driver.
// A plain import here would find the older TypeORM that one of the peers brings along.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../package.json', import.meta.url))

export const sourced = require('typeorm-sourced')
export const {
  PostgresAggregateEvent,
  postgresEntities,
  sqliteEntities,
} = require('typeorm-sourced/entities')
export const { removeEventGuards, sourcedMigrations } = require('typeorm-sourced/migrations')
export const importing = require('typeorm-sourced/import')
export const { DataSource, EntitySchema } = require('typeorm')
export const pg = require('pg')
export const BetterSqlite3 = require('better-sqlite3')
export const { startPostgresProcess } = require('./test/support/postgres-process.js')

/** The version of an installed package, the repository's or a peer's, or of the module itself. */
export function versionOf(name) {
  if (name === 'typeorm-sourced') return require('typeorm-sourced/package.json').version
  const own = createRequire(import.meta.url)
  for (const look of [require, own]) {
    for (const folder of look.resolve.paths(name)) {
      try {
        return look(`${folder}/${name}/package.json`).version
      } catch {
        // Not in this folder.
      }
    }
  }
  return 'unknown'
}

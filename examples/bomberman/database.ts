import { DataSource } from 'typeorm'
import { postgresEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { openSqlite } from '../../src/index.js'
import { Board } from './read-model/board.js'
import { CreateBoards1763856000000 } from './read-model/create-boards.js'

const entities = [Board]
const migrations = [CreateBoards1763856000000]

/**
 * Opens the database with the tables of the store and of the game: the Postgres that `DATABASE_URL` names, the SQLite
 * file that `DATABASE_FILE` names, or one in memory.
 */
export async function openDatabase(env = process.env): Promise<DataSource> {
  const url = env['DATABASE_URL']
  if (url === undefined || url === '') {
    return openSqlite(env['DATABASE_FILE'] ?? ':memory:', { entities, migrations })
  }
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    entities: [...postgresEntities, ...entities],
    migrations: [...sourcedMigrations, ...migrations],
  })
  await dataSource.initialize()
  await dataSource.runMigrations()
  return dataSource
}

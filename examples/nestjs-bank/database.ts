import { join } from 'node:path'
import type { DynamicModule } from '@nestjs/common'
import { TypeOrmModule } from '@nestjs/typeorm'
import { postgresEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { openSqlite } from '../../src/index.js'
import { RememberedAnswer } from './idempotency/remembered-answer.js'
import { AccountView } from './read-model/account-view.js'
import { CreateReadModels1763942400000 } from './read-model/create-read-models.js'
import { Movement } from './read-model/movement.js'

export const entities = [AccountView, Movement, RememberedAnswer]
const migrations = [CreateReadModels1763942400000]

/**
 * The bank's database, with its tables: the Postgres that `DATABASE_URL` names, the SQLite file that `DATABASE_FILE` names,
 * or one beside this program.
 */
export function bankDatabase(env: NodeJS.ProcessEnv): DynamicModule {
  const url = env['DATABASE_URL']
  if (url !== undefined && url !== '') {
    return TypeOrmModule.forRoot({
      type: 'postgres',
      url,
      entities: [...postgresEntities, ...entities],
      migrations: [...sourcedMigrations, ...migrations],
      migrationsRun: true,
      retryAttempts: 3,
      retryDelay: 1_000,
    })
  }
  const file = env['DATABASE_FILE'] ?? join(__dirname, 'data', 'bank.sqlite')
  return TypeOrmModule.forRootAsync({
    useFactory: () => ({ retryAttempts: 0 }),
    dataSourceFactory: () => openSqlite(file, { entities, migrations }),
  })
}

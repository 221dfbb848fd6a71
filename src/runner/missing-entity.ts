import { SchemaError } from '../errors/index.js'

/** A part of the store is used whose table the host need not have, and does not. */
export function missingEntity(table: string, entity: string): SchemaError {
  return new SchemaError(
    [`the table ${table} is needed, and this DataSource does not register its entity`],
    `Add '...postgresEntities' or '...sqliteEntities' from 'typeorm-sourced/entities' to its 'entities', or the ` +
      `'Postgres${entity}' or 'Sqlite${entity}' of it, and run the migrations.`,
  )
}

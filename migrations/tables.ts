import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm'
import { EVENT_ENTITY, SNAPSHOT_ENTITY } from '../entities/index.js'
import type { Dialect } from '../entities/index.js'

/** What a migration needs to know of the tables that the host registered. */
export interface MigrationTables {
  readonly dialect: Dialect
  /** Quoted, with its schema if it has one. */
  readonly events: string
  readonly snapshots: string
  /** A quoted name beside the event table, in its schema: for functions and triggers. */
  eventObject(suffix: string, qualified?: 'qualified'): string
}

/**
 * Reads the tables' names from the entities that the DataSource has registered, so that one migration serves
 * every schema, prefix and table name.
 */
export function tablesOf(queryRunner: QueryRunner): MigrationTables {
  // TypeORM 1.x calls it dataSource and keeps this name as a getter; 0.3 has only this one.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
  const dataSource = queryRunner.connection
  const event = entityMarked(dataSource, EVENT_ENTITY)
  const snapshot = entityMarked(dataSource, SNAPSHOT_ENTITY)
  const dialect: Dialect = dataSource.options.type === 'postgres' ? 'postgres' : 'sqlite'
  const pathOf = (metadata: EntityMetadata): readonly [string | undefined, string] => [
    dialect === 'postgres' ? metadata.schema : undefined,
    metadata.tableName,
  ]
  const [schema, name] = pathOf(event)
  const quote = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`
  const qualify = (parts: readonly [string | undefined, string]): string =>
    parts[0] === undefined ? quote(parts[1]) : `${quote(parts[0])}.${quote(parts[1])}`
  return {
    dialect,
    events: qualify([schema, name]),
    snapshots: qualify(pathOf(snapshot)),
    eventObject: (suffix, qualified) =>
      qualified === undefined ? quote(`${name}_${suffix}`) : qualify([schema, `${name}_${suffix}`]),
  }
}

function entityMarked(dataSource: DataSource, mark: symbol): EntityMetadata {
  const found = dataSource.entityMetadatas.find(
    ({ target }) => typeof target === 'function' && mark in target,
  )
  if (found === undefined) {
    throw new Error(
      `The DataSource registers no entity for ${mark.description}. Add the entities of 'typeorm-sourced/entities' ` +
        `(or your subclasses of them) to its 'entities', then run the migrations again.`,
    )
  }
  return found
}

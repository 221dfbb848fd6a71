import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm'
import {
  EVENT_ENTITY,
  LOCK_ENTITY,
  OUTBOX_ENTITY,
  PROCESSED_MESSAGE_ENTITY,
  SNAPSHOT_ENTITY,
} from '../entities/index.js'
import type { Dialect } from '../entities/index.js'

/** A table as the host registered it. */
export interface MigrationTable {
  readonly dialect: Dialect
  /** As TypeORM's own methods want it. */
  readonly name: string
  /** Quoted, with its schema if it has one. */
  readonly path: string
  /** The type of the payload column, if the table has one. */
  readonly payloadType: string
  /** A quoted name that begins with the table's, in its schema: for functions. */
  besidePath(suffix: string): string
  /** The same without the schema: for triggers. */
  besideName(suffix: string): string
}

/**
 * The event table. Names come from the entities that the DataSource has registered, so that one migration serves
 * every schema, prefix and table name.
 */
export function eventTable(queryRunner: QueryRunner): MigrationTable {
  return eventTables(queryRunner)[0]!
}

/** Every event table; a host may have several. */
export function eventTables(queryRunner: QueryRunner): MigrationTable[] {
  return tablesMarked(queryRunner, EVENT_ENTITY)
}

export function snapshotTable(queryRunner: QueryRunner): MigrationTable {
  return tablesMarked(queryRunner, SNAPSHOT_ENTITY)[0]!
}

/** A host need not register the entities of messages and locks. */
export function processedMessageTable(queryRunner: QueryRunner): MigrationTable | undefined {
  return findMarked(queryRunner, PROCESSED_MESSAGE_ENTITY)[0]
}

export function outboxTable(queryRunner: QueryRunner): MigrationTable | undefined {
  return findMarked(queryRunner, OUTBOX_ENTITY)[0]
}

export function lockTable(queryRunner: QueryRunner): MigrationTable | undefined {
  return findMarked(queryRunner, LOCK_ENTITY)[0]
}

function tablesMarked(queryRunner: QueryRunner, mark: symbol): MigrationTable[] {
  const found = findMarked(queryRunner, mark)
  if (found.length === 0) {
    throw new Error(
      `The DataSource registers no entity for ${mark.description}. Add the entities of 'typeorm-sourced/entities' ` +
        `(or your subclasses of them) to its 'entities', then run the migrations again.`,
    )
  }
  return found
}

function findMarked(queryRunner: QueryRunner, mark: symbol): MigrationTable[] {
  // TypeORM 1.x calls it dataSource and keeps this name as a getter; 0.3 has only this one.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
  const dataSource: DataSource = queryRunner.connection
  const dialect: Dialect = dataSource.options.type === 'postgres' ? 'postgres' : 'sqlite'
  return dataSource.entityMetadatas
    .filter(({ target }) => typeof target === 'function' && mark in target)
    .map((metadata) => describeTable(metadata, dialect))
}

function describeTable(metadata: EntityMetadata, dialect: Dialect): MigrationTable {
  const { schema, tableName, tablePath } = metadata
  const quote = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`
  const qualify = (name: string): string =>
    dialect === 'postgres' && schema !== undefined ? `${quote(schema)}.${quote(name)}` : quote(name)
  return {
    dialect,
    name: tablePath,
    path: qualify(tableName),
    payloadType: String(metadata.findColumnWithPropertyName('payload')?.type ?? 'json'),
    besidePath: (suffix) => qualify(`${tableName}_${suffix}`),
    besideName: (suffix) => quote(`${tableName}_${suffix}`),
  }
}

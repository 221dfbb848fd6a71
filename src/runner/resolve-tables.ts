import type { DataSource, EntityMetadata } from 'typeorm'
import { EVENT_ENTITY, SNAPSHOT_ENTITY } from '../../entities/index.js'
import type { Dialect } from '../../entities/index.js'
import { SchemaError } from '../errors/index.js'
import type { Tables } from '../sql/tables.js'
import type { DatabaseOptions } from './database-options.js'

/** The tables as the host's entities name them, and what is needed to inspect them. */
export interface ResolvedTables {
  readonly tables: Tables
  readonly eventMetadata: EntityMetadata
  readonly snapshotMetadata: EntityMetadata
}

export function resolveTables(
  dataSource: DataSource,
  dialect: Dialect,
  options: DatabaseOptions,
): ResolvedTables {
  const eventMetadata = find(dataSource, dialect, EVENT_ENTITY, options.eventEntity, 'eventEntity')
  const snapshotMetadata = find(
    dataSource,
    dialect,
    SNAPSHOT_ENTITY,
    options.snapshotEntity,
    'snapshotEntity',
  )
  const escape = (name: string): string => dataSource.driver.escape(name)
  const table = ({ schema, tableName }: EntityMetadata): string =>
    dialect === 'postgres' && schema !== undefined
      ? `${escape(schema)}.${escape(tableName)}`
      : escape(tableName)
  const column = (metadata: EntityMetadata, property: string): string => {
    const found = metadata.findColumnWithPropertyName(property)
    if (found === undefined) throw new Error(`Entity ${metadata.name} has no column for ${property}`)
    return escape(found.databaseName)
  }
  const event = (property: string): string => column(eventMetadata, property)
  const snapshot = (property: string): string => column(snapshotMetadata, property)
  return {
    eventMetadata,
    snapshotMetadata,
    tables: {
      events: {
        table: table(eventMetadata),
        aggregateType: event('aggregateType'),
        aggregateId: event('aggregateId'),
        sequence: event('sequence'),
        position: event('position'),
        commitId: event('commitId'),
        eventName: event('eventName'),
        eventVersion: event('eventVersion'),
        payload: event('payload'),
        payloadCodec: event('payloadCodec'),
        payloadCodecVersion: event('payloadCodecVersion'),
        metadata: event('metadata'),
        recordedAt: event('recordedAt'),
      },
      snapshots: {
        table: table(snapshotMetadata),
        aggregateType: snapshot('aggregateType'),
        aggregateId: snapshot('aggregateId'),
        version: snapshot('version'),
        snapshotType: snapshot('snapshotType'),
        snapshotVersion: snapshot('snapshotVersion'),
        payload: snapshot('payload'),
        payloadCodec: snapshot('payloadCodec'),
        payloadCodecVersion: snapshot('payloadCodecVersion'),
        metadata: snapshot('metadata'),
        recordedAt: snapshot('recordedAt'),
      },
    },
  }
}

function find(
  dataSource: DataSource,
  dialect: Dialect,
  mark: typeof EVENT_ENTITY | typeof SNAPSHOT_ENTITY,
  named: (new () => object) | undefined,
  option: string,
): EntityMetadata {
  const what = mark === EVENT_ENTITY ? 'event' : 'snapshot'
  const cure = `Add '...${dialect}Entities' from 'typeorm-sourced/entities', or your subclasses of them, to the DataSource's 'entities'.`
  const candidates = dataSource.entityMetadatas.filter(
    ({ target }) =>
      typeof target === 'function' && mark in target && (named === undefined || target === named),
  )
  const [metadata, second] = candidates
  if (metadata === undefined) throw new SchemaError([`the DataSource registers no ${what} entity`], cure)
  if (second !== undefined) {
    const names = candidates.map(({ name }) => name).join(', ')
    throw new SchemaError(
      [`the DataSource registers several ${what} entities (${names})`],
      `Name one of them with the store's option '${option}'.`,
    )
  }
  const entityDialect = (metadata.target as unknown as Record<symbol, Dialect>)[mark]
  if (entityDialect !== dialect) {
    throw new SchemaError(
      [
        `the ${what} entity ${metadata.name} is made for ${String(entityDialect)}, the DataSource is ${dialect}`,
      ],
      cure,
    )
  }
  return metadata
}

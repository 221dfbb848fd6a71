import type { EntityMetadata } from 'typeorm'
import { EVENT_TRIGGERS } from '../../migrations/event-triggers.js'
import type { Dialect } from '../../entities/index.js'
import { SchemaError } from '../errors/index.js'
import type { InspectedTable } from '../sql/inspected-table.js'
import type { ResolvedTables } from './resolve-tables.js'

/** A table that the store uses: its entity, and the table as it really is. */
export interface CheckedTable {
  readonly metadata: EntityMetadata
  /** The type of the payload column as the entity declares it. */
  readonly payloadType: string
  readonly table: InspectedTable
}

/** The tables of a store as they really are. */
export interface CheckedTables {
  readonly events: CheckedTable
  readonly snapshots: CheckedTable
  /** Those of processed messages, of the outbox and of locks whose entities the DataSource registers. */
  readonly others: readonly CheckedTable[]
}

/** Refuses entities to which the host added columns that nobody would fill. */
export function assertHostColumns({ events, snapshots, inbox, outbox, locks }: ResolvedTables): void {
  const problems = [events, snapshots, inbox, outbox, locks].flatMap((table) => table?.own.problems() ?? [])
  if (problems.length > 0) throw new SchemaError(problems, 'Change the entity or the options of the store.')
}

/** Refuses tables that lack what the module relies on, and says what to run. */
export function assertSchema(dialect: Dialect, { events, snapshots, others }: CheckedTables): void {
  const problems = [
    ...tableProblems(events, eventKeys(events.metadata)),
    ...tableProblems(snapshots, [primaryKey(snapshots.metadata)]),
    ...others.flatMap((other) => tableProblems(other, [primaryKey(other.metadata)])),
  ]
  if (problems.length > 0) {
    throw new SchemaError(
      problems,
      `Run the migrations: put '...sourcedMigrations' from 'typeorm-sourced/migrations' into the DataSource's 'migrations' ` +
        `and call 'await dataSource.runMigrations()', or run 'npx typeorm migration:run -d <your data source file>'. ` +
        `If you generate your own migrations, run 'npx typeorm migration:generate'.${missingTables(others)}`,
    )
  }
  const missing = EVENT_TRIGGERS[dialect]
    .map((suffix) => `${events.metadata.tableName}_${suffix}`.slice(0, 63))
    .filter((trigger) => !events.table.triggers.some((name) => name.slice(0, 63) === trigger))
  if (missing.length > 0) {
    throw new SchemaError(
      [`table ${events.metadata.tablePath} lacks the trigger ${missing.join(', ')} that guards its events`],
      `Call 'await installEventGuards(queryRunner)' from 'typeorm-sourced/migrations' in a migration. On SQLite, ` +
        `altering a table drops its triggers, so every migration that alters it has to end with that call.`,
    )
  }
}

/** The migration may have run before the DataSource registered the entity. */
function missingTables(others: readonly CheckedTable[]): string {
  const names = others.filter(({ table }) => !table.exists).map(({ metadata }) => metadata.tablePath)
  return names.length === 0
    ? ''
    : ` If the shipped migrations ran before the DataSource registered the entity of ${names.join(', ')}, call ` +
        `'await createMessagingTables(queryRunner)' from 'typeorm-sourced/migrations' in a migration of your own.`
}

function tableProblems(
  { metadata, payloadType, table }: CheckedTable,
  keys: readonly (readonly string[])[],
): string[] {
  const name = metadata.tablePath
  if (!table.exists) return [`table ${name} does not exist`]
  const missing = metadata.columns
    .map(({ databaseName }) => databaseName)
    .filter((column) => !table.columns.includes(column))
  return [
    ...missing.map((column) => `table ${name} has no column ${column}`),
    ...keys
      .filter((key) => !hasKey(table, key))
      .map((key) => `table ${name} has no unique key (${key.join(', ')})`),
    ...payloadProblems(metadata, payloadType, table),
  ]
}

/** Postgres only: SQLite keeps the same text in a column of either type. */
function payloadProblems(metadata: EntityMetadata, declared: string, { types }: InspectedTable): string[] {
  const column = metadata.findColumnWithPropertyName('payload')?.databaseName ?? 'payload'
  const found = types.get(column)?.replaceAll('"', '').replace('pg_catalog.', '')
  return found === undefined || found === declared
    ? []
    : [
        `column ${column} of table ${metadata.tablePath} is of type ${found}, and the entity declares ${declared}`,
      ]
}

function eventKeys(metadata: EntityMetadata): string[][] {
  return [streamKeyColumns(metadata), columnNames(metadata, ['position'])]
}

function primaryKey(metadata: EntityMetadata): string[] {
  return metadata.primaryColumns.map(({ databaseName }) => databaseName)
}

function columnNames(metadata: EntityMetadata, properties: readonly string[]): string[] {
  return properties.map((property) => metadata.findColumnWithPropertyName(property)?.databaseName ?? property)
}

function hasKey(table: InspectedTable, key: readonly string[]): boolean {
  return uniqueKeyOver(table, key) !== undefined
}

function uniqueKeyOver(table: InspectedTable, key: readonly string[]): string | undefined {
  return table.uniqueKeys.find(
    ({ columns }) => columns.length === key.length && key.every((column) => columns.includes(column)),
  )?.name
}

/** The name of the unique key over type, id and sequence. */
export function streamKeyOf(eventMetadata: EntityMetadata, events: InspectedTable): string | undefined {
  return uniqueKeyOver(events, streamKeyColumns(eventMetadata))
}

function streamKeyColumns(metadata: EntityMetadata): string[] {
  return columnNames(metadata, ['aggregateType', 'aggregateId', 'sequence'])
}

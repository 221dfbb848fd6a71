import type { EntityMetadata } from 'typeorm'
import { EVENT_TRIGGERS } from '../../migrations/event-triggers.js'
import type { Dialect } from '../../entities/index.js'
import { SchemaError } from '../errors/index.js'
import type { InspectedTable } from '../sql/inspected-table.js'

/** Refuses tables that lack what the module relies on, and says what to run. */
export function assertSchema(
  dialect: Dialect,
  eventMetadata: EntityMetadata,
  events: InspectedTable,
  snapshotMetadata: EntityMetadata,
  snapshots: InspectedTable,
): void {
  const problems = [
    ...tableProblems(eventMetadata, events, eventKeys(eventMetadata)),
    ...tableProblems(snapshotMetadata, snapshots, [
      columnNames(snapshotMetadata, ['aggregateType', 'aggregateId']),
    ]),
  ]
  if (problems.length > 0) {
    throw new SchemaError(
      problems,
      `Run the migrations: put '...sourcedMigrations' from 'typeorm-sourced/migrations' into the DataSource's 'migrations' ` +
        `and call 'await dataSource.runMigrations()', or run 'npx typeorm migration:run -d <your data source file>'. ` +
        `If you generate your own migrations, run 'npx typeorm migration:generate'.`,
    )
  }
  const missing = EVENT_TRIGGERS[dialect]
    .map((suffix) => `${eventMetadata.tableName}_${suffix}`.slice(0, 63))
    .filter((trigger) => !events.triggers.some((name) => name.slice(0, 63) === trigger))
  if (missing.length > 0) {
    throw new SchemaError(
      [`table ${eventMetadata.tablePath} lacks the trigger ${missing.join(', ')} that guards its events`],
      `Call 'await installEventGuards(queryRunner)' from 'typeorm-sourced/migrations' in a migration. On SQLite, ` +
        `altering a table drops its triggers, so every migration that alters it has to end with that call.`,
    )
  }
}

function tableProblems(
  metadata: EntityMetadata,
  table: InspectedTable,
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
  ]
}

function eventKeys(metadata: EntityMetadata): string[][] {
  return [streamKeyColumns(metadata), columnNames(metadata, ['position'])]
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

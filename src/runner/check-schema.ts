import type { EntityMetadata } from 'typeorm'
import { EVENT_TRIGGERS } from '../../migrations/event-triggers.js'
import type { Dialect } from '../../entities/index.js'
import { SchemaError } from '../errors/index.js'
import type { InspectedTable } from '../sql/inspected-table.js'
import { typeFits } from './check-columns.js'
import type { ColumnMetadata } from './check-columns.js'
import type { ResolvedTables } from './resolve-tables.js'

/** A table that the store uses: its entity, and the table as it really is. */
export interface CheckedTable {
  readonly metadata: EntityMetadata
  /** The module's own columns with the type that the entity gives them. A host's columns are the host's. */
  readonly declared: readonly { readonly column: ColumnMetadata; readonly type: string }[]
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

/** Something that the database lacks, and what to do about it. */
export interface SchemaProblem {
  readonly problem: string
  readonly cure: string
  /** Whether the store would not work, or keep its promises. Without an index it is only slow. */
  readonly needed: boolean
}

/** Refuses tables that lack what the module relies on, and says what to run. */
export function assertSchema(dialect: Dialect, tables: CheckedTables): void {
  const problems = schemaProblems(dialect, tables).filter(({ needed }) => needed)
  if (problems.length === 0) return
  throw new SchemaError(
    problems.map(({ problem }) => problem),
    [...new Set(problems.map(({ cure }) => cure))].join(' '),
  )
}

/** Everything that the tables lack, what only makes the store slow included. */
export function schemaProblems(
  dialect: Dialect,
  { events, snapshots, others }: CheckedTables,
): readonly SchemaProblem[] {
  // Where the events are missing too, no migration ran at all.
  const late = events.table.exists ? lateTables(others) : ''
  return [
    ...tableProblems(dialect, events, eventKeys(events.metadata), ''),
    ...tableProblems(dialect, snapshots, [primaryKey(snapshots.metadata)], ''),
    ...others.flatMap((other) => tableProblems(dialect, other, [primaryKey(other.metadata)], late)),
    ...(events.table.exists ? [...numberingProblems(events), ...guardProblems(dialect, events)] : []),
  ]
}

const RUN_MIGRATIONS =
  `Run the migrations: put '...sourcedMigrations' from 'typeorm-sourced/migrations' into the DataSource's 'migrations' ` +
  `and call 'await dataSource.runMigrations()', or run 'npx typeorm migration:run -d <your data source file>'. ` +
  `If you generate your own migrations, run 'npx typeorm migration:generate'.`

const ALTER_COLUMN =
  `Alter the column in a migration of your own. Do not run what 'npx typeorm migration:generate' writes for it ` +
  `unread: it drops a column whose type changed, with all that is in it.`

const MAKE_KEY = `Remove what is there twice, and make the key in a migration: 'npx typeorm migration:generate' writes it.`

const MAKE_INDEX = `Make it in a migration: 'npx typeorm migration:generate' writes it.`

const FILL_COLUMN = `Declare the column in your subclass of the entity, give it a default, or let it be null.`

const NUMBER_POSITIONS =
  `Make it one in a migration, as the shipped migrations do (GENERATED ALWAYS AS IDENTITY on Postgres, INTEGER ` +
  `PRIMARY KEY AUTOINCREMENT on SQLite), with numbers that go on after the largest position.`

const INSTALL_GUARDS =
  `Call 'await installEventGuards(queryRunner)' from 'typeorm-sourced/migrations' in a migration. On SQLite, ` +
  `altering a table drops its triggers, so every migration that alters it has to end with that call.`

/** The migration may have run before the DataSource registered the entity. */
function lateTables(others: readonly CheckedTable[]): string {
  const names = others.filter(({ table }) => !table.exists).map(({ metadata }) => metadata.tablePath)
  return names.length === 0
    ? ''
    : ` If the shipped migrations ran before the DataSource registered the entity of ${names.join(', ')}, call ` +
        `'await createMessagingTables(queryRunner)' from 'typeorm-sourced/migrations' in a migration of your own.`
}

function tableProblems(
  dialect: Dialect,
  checked: CheckedTable,
  keys: readonly (readonly string[])[],
  late: string,
): SchemaProblem[] {
  const { metadata, table } = checked
  const name = metadata.tablePath
  if (!table.exists) return [needed(`table ${name} does not exist`, `${RUN_MIGRATIONS}${late}`)]
  return [
    ...columnProblems(dialect, checked),
    ...keys
      .filter((key) => uniqueKeyOver(table, key) === undefined)
      .map((key) => needed(`table ${name} has no unique key (${key.join(', ')})`, MAKE_KEY)),
    ...indexProblems(checked),
  ]
}

function columnProblems(dialect: Dialect, { metadata, declared, table }: CheckedTable): SchemaProblem[] {
  const name = metadata.tablePath
  const real = new Map(table.columns.map((column) => [column.name, column]))
  const known = new Set(metadata.columns.map(({ databaseName }) => databaseName))
  const missing = [...known].filter((column) => !real.has(column))
  const unsuited = declared.flatMap(({ column, type }) => {
    const found = real.get(column.databaseName)
    if (found === undefined) return []
    if (!typeFits(dialect, type, found))
      return [`column ${column.databaseName} of table ${name} is of type ${found.type}, ${type} is expected`]
    if (column.isNullable && !found.nullable)
      return [`column ${column.databaseName} of table ${name} has to allow null`]
    return []
  })
  const unfilled = table.columns.filter(
    (column) => !column.nullable && !column.filled && !known.has(column.name),
  )
  return [
    ...missing.map((column) => needed(`table ${name} has no column ${column}`, RUN_MIGRATIONS)),
    ...unsuited.map((problem) => needed(problem, ALTER_COLUMN)),
    ...unfilled.map((column) =>
      needed(`nobody fills the column ${column.name} of table ${name}, which must not be null`, FILL_COLUMN),
    ),
  ]
}

/** By their columns, because a database administrator may have named them otherwise. */
function indexProblems({ metadata, table }: CheckedTable): SchemaProblem[] {
  return metadata.indices
    .filter(({ synchronize, columns }) => synchronize && columns.length > 0)
    .map(({ name, columns, where, isUnique }) => ({
      name,
      unique: isUnique,
      columns: columns.map(({ databaseName }) => databaseName),
      partial: where !== undefined && where !== '',
    }))
    .filter(
      (wanted) =>
        !table.indexes.some(
          ({ name, columns, unique, partial }) =>
            name === wanted.name ||
            ((!partial || wanted.partial) &&
              (unique || !wanted.unique) &&
              wanted.columns.every((column, nth) => columns[nth] === column)),
        ),
    )
    .map(({ name, columns }) => ({
      problem: `table ${metadata.tablePath} has no index ${name} (${columns.join(', ')})`,
      cure: MAKE_INDEX,
      needed: false,
    }))
}

function numberingProblems({ metadata, table }: CheckedTable): SchemaProblem[] {
  const [position] = columnNames(metadata, ['position'])
  if (table.positionNumbered || !table.columns.some(({ name }) => name === position)) return []
  const what = `column ${position} of table ${metadata.tablePath}`
  return [needed(`${what} is not numbered by the database without using a number twice`, NUMBER_POSITIONS)]
}

function guardProblems(dialect: Dialect, { metadata, table }: CheckedTable): SchemaProblem[] {
  const wanted = EVENT_TRIGGERS[dialect].map((suffix) => `${metadata.tableName}_${suffix}`.slice(0, 63))
  const found = new Map(table.triggers.map(({ name, enabled }) => [name.slice(0, 63), enabled]))
  const missing = wanted.filter((trigger) => !found.has(trigger))
  const disabled = wanted.filter((trigger) => found.get(trigger) === false)
  const problem = (verb: string, triggers: readonly string[]): SchemaProblem[] =>
    triggers.length === 0
      ? []
      : [
          needed(
            `table ${metadata.tablePath} ${verb} the trigger ${triggers.join(', ')} that guards its events`,
            INSTALL_GUARDS,
          ),
        ]
  return [...problem('lacks', missing), ...problem('has disabled', disabled)]
}

function needed(problem: string, cure: string): SchemaProblem {
  return { problem, cure, needed: true }
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

function uniqueKeyOver(table: InspectedTable, key: readonly string[]): string | undefined {
  return table.indexes.find(
    ({ unique, partial, columns }) =>
      unique && !partial && columns.length === key.length && key.every((column) => columns.includes(column)),
  )?.name
}

/** The name of the unique key over type, id and sequence. */
export function streamKeyOf(eventMetadata: EntityMetadata, events: InspectedTable): string | undefined {
  return uniqueKeyOver(events, streamKeyColumns(eventMetadata))
}

function streamKeyColumns(metadata: EntityMetadata): string[] {
  return columnNames(metadata, ['aggregateType', 'aggregateId', 'sequence'])
}

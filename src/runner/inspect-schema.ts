import type { QueryRunner } from 'typeorm'
import type { Dialect } from '../../entities/index.js'
import { inspectTable as inspectPostgresTable } from '../sql/postgres/inspect-table.js'
import { inspectTable as inspectSqliteTable } from '../sql/sqlite/inspect-table.js'
import type { CheckedTable, CheckedTables } from './check-schema.js'
import { declaredType } from './check-columns.js'
import { dataSourceOf } from './host.js'
import type { ResolvedTable, ResolvedTables } from './resolve-tables.js'
import { runStatement } from './run-statement.js'

/** Looks at the tables as they really are; changes nothing. */
export async function inspectSchema(
  runner: QueryRunner,
  dialect: Dialect,
  { events, snapshots, inbox, outbox, locks }: ResolvedTables,
): Promise<CheckedTables> {
  const inspect = (resolved: ResolvedTable<{ readonly table: string }>): Promise<CheckedTable> =>
    inspectOne(runner, dialect, resolved, events.names.position)
  const others: CheckedTable[] = []
  for (const other of [inbox, outbox, locks]) if (other !== undefined) others.push(await inspect(other))
  return { events: await inspect(events), snapshots: await inspect(snapshots), others }
}

async function inspectOne(
  runner: QueryRunner,
  dialect: Dialect,
  { names, metadata }: ResolvedTable<{ readonly table: string }>,
  position: string,
): Promise<CheckedTable> {
  const statement =
    dialect === 'postgres' ? inspectPostgresTable(names.table, position) : inspectSqliteTable(names.table)
  const declared = Object.keys(names).flatMap((property) => {
    const column = metadata.findColumnWithPropertyName(property)
    return column === undefined ? [] : [{ column, type: declaredType(dataSourceOf(runner), column) }]
  })
  return { metadata, declared, table: await runStatement(runner, statement, undefined) }
}

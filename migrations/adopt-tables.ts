import { Migration, MigrationExecutor } from 'typeorm'
import type { MigrationInterface, QueryRunner } from 'typeorm'
import { CreateEventStore1763683200000 } from './1763683200000-create-event-store.js'
import { CreateMessaging1763769600000, createMessagingTables } from './1763769600000-create-messaging.js'
import { installEventGuards } from './event-guards.js'
import { eventTables, snapshotTable } from './tables.js'
import type { MigrationTable } from './tables.js'

/**
 * Adopts tables that the shipped migrations did not make: those of `synchronize`, of migrations of the host's own, or
 * made by hand. To be called once, outside of a migration; `sourcedMigrations` can then be put beside the host's own.
 *
 * - Refuses events that the guards would not have let in: streams with gaps, or that do not begin at 1.
 * - Installs the guards, creates those registered tables of messages and locks that are missing, and records the
 *   shipped migrations as run. Nothing else is altered; `npx typeorm-sourced schema:check` tells what does not fit.
 * - All of it happens in one transaction, or nothing. Calling it again changes nothing.
 *
 * Gives the names of the migrations that it recorded.
 *
 * @example
 * const queryRunner = dataSource.createQueryRunner()
 * await adoptTables(queryRunner)
 * await queryRunner.release()
 */
export async function adoptTables(queryRunner: QueryRunner): Promise<string[]> {
  for (const table of [...eventTables(queryRunner), snapshotTable(queryRunner)]) {
    if (await queryRunner.hasTable(table.name)) continue
    throw new Error(`There is no table ${table.name} to adopt. Run the migrations instead, which make it.`)
  }
  await queryRunner.startTransaction()
  try {
    for (const table of eventTables(queryRunner)) await assertContiguous(queryRunner, table)
    const adopted = await recordAll(queryRunner)
    await installEventGuards(queryRunner)
    await queryRunner.commitTransaction()
    return adopted
  } catch (error) {
    await queryRunner.rollbackTransaction()
    throw error
  }
}

/** What each shipped migration does for tables of which some exist. */
const ADOPTIONS: readonly (readonly [new () => MigrationInterface, MigrationInterface['up']])[] = [
  [CreateEventStore1763683200000, () => Promise.resolve()],
  [CreateMessaging1763769600000, createMessagingTables],
]

async function recordAll(queryRunner: QueryRunner): Promise<string[]> {
  // TypeORM 1.x calls it dataSource and keeps this name as a getter; 0.3 has only this one.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
  const executor = new MigrationExecutor(queryRunner.connection, queryRunner)
  const executed = new Set((await executor.getExecutedMigrations()).map(({ name }) => name))
  const pending = ADOPTIONS.filter(([{ name }]) => !executed.has(name))
  for (const [{ name }, up] of pending) {
    const instance = { up, down: () => Promise.resolve() }
    await executor.executeMigration(new Migration(undefined, Number(name.slice(-13)), name, instance))
  }
  return pending.map(([{ name }]) => name)
}

async function assertContiguous(queryRunner: QueryRunner, { path, name }: MigrationTable): Promise<void> {
  const rows: unknown = await queryRunner.query(
    `SELECT "aggregate_type" AS type, "aggregate_id" AS id FROM ${path}
GROUP BY "aggregate_type", "aggregate_id"
HAVING min("sequence") <> 1 OR max("sequence") <> count(*) OR count(DISTINCT "sequence") <> count(*) LIMIT 6`,
  )
  const found = (rows as { readonly type: string; readonly id: string }[]).map(
    ({ type, id }) => `${type} ${id}`,
  )
  if (found.length === 0) return
  const listed = `${found.slice(0, 5).join(', ')}${found.length > 5 ? ', …' : ''}`
  throw new Error(
    `Table ${name} holds streams whose sequences are not 1, 2, 3 … without gaps: ${listed}. Mend them before ` +
      `you adopt the table: a store cannot load such a stream, and its guards would refuse to continue it.`,
  )
}

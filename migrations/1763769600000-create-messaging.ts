import type { MigrationInterface, QueryRunner } from 'typeorm'
import { aggregateLocks, outboxMessages, processedMessages } from './messaging-tables.js'
import { lockTable, outboxTable, processedMessageTable } from './tables.js'
import type { MigrationTable } from './tables.js'

/**
 * Creates the tables of processed messages, of the outbox and of locks. One whose entity the DataSource does not register
 * is left out; see `createMessagingTables`.
 */
export class CreateMessaging1763769600000 implements MigrationInterface {
  readonly name = 'CreateMessaging1763769600000'

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const { create } of registeredTables(queryRunner)) await runAll(queryRunner, create)
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { table } of registeredTables(queryRunner).reverse()) {
      // An entity that was registered after `up` has no table.
      await queryRunner.query(`DROP TABLE IF EXISTS ${table.path}`)
    }
  }
}

/**
 * Creates those of the tables of processed messages, of the outbox and of locks whose entities the DataSource registers
 * and that do not exist. For a host that left an entity out when the shipped migration ran, and registers it now: to be
 * called in a migration of its own. Calling it again changes nothing.
 *
 * @example
 * public async up(queryRunner: QueryRunner): Promise<void> {
 *   await createMessagingTables(queryRunner)
 * }
 */
export async function createMessagingTables(queryRunner: QueryRunner): Promise<void> {
  for (const { table, create } of registeredTables(queryRunner)) {
    if (!(await queryRunner.hasTable(table.name))) await runAll(queryRunner, create)
  }
}

interface NewTable {
  readonly table: MigrationTable
  readonly create: readonly string[]
}

function registeredTables(queryRunner: QueryRunner): NewTable[] {
  const tables = [
    { table: processedMessageTable(queryRunner), statements: processedMessages },
    { table: outboxTable(queryRunner), statements: outboxMessages },
    { table: lockTable(queryRunner), statements: aggregateLocks },
  ]
  return tables.flatMap(({ table, statements }) =>
    table === undefined ? [] : [{ table, create: statements(table.dialect, table.path) }],
  )
}

async function runAll(queryRunner: QueryRunner, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await queryRunner.query(statement)
}

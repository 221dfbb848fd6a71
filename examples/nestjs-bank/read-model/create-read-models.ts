import { Table, TableIndex } from 'typeorm'
import type { MigrationInterface, QueryRunner, TableColumnOptions } from 'typeorm'

const text = (name: string, length: number): TableColumnOptions => ({
  name,
  type: 'varchar',
  length: String(length),
})
const key = (table: string, name: string, length: number): TableColumnOptions => ({
  ...text(name, length),
  isPrimary: true,
  primaryKeyConstraintName: `pk_${table}`,
})
const whole = (name: string): TableColumnOptions => ({ name, type: 'integer' })

/** Creates the tables of the bank. TypeORM's `Table` spells them for Postgres and for SQLite. */
export class CreateReadModels1763942400000 implements MigrationInterface {
  name = 'CreateReadModels1763942400000'

  async up(queryRunner: QueryRunner): Promise<void> {
    const create = (name: string, columns: TableColumnOptions[]): Promise<void> =>
      queryRunner.createTable(new Table({ name, columns }))
    await create('bank_accounts', [
      key('bank_accounts', 'id', 64),
      text('owner', 100),
      whole('balance'),
      whole('version'),
    ])
    await create('bank_movements', [
      key('bank_movements', 'id', 80),
      text('account_id', 64),
      whole('sequence'),
      text('kind', 40),
      whole('amount'),
      whole('balance'),
      { ...text('counterparty', 64), isNullable: true },
      { ...text('correlation_id', 128), isNullable: true },
    ])
    const byAccount = { name: 'ix_bank_movements_account', columnNames: ['account_id', 'sequence'] }
    await queryRunner.createIndex('bank_movements', new TableIndex(byAccount))
    await create('bank_answers', [
      key('bank_answers', 'key', 128),
      text('fingerprint', 64),
      { name: 'answer', type: 'json' },
    ])
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const name of ['bank_answers', 'bank_movements', 'bank_accounts']) await queryRunner.dropTable(name)
  }
}

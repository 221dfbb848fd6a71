import { Table } from 'typeorm'
import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Creates the table of the boards. TypeORM's `Table` spells it for Postgres and for SQLite. */
export class CreateBoards1763856000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.createTable(
      new Table({
        name: 'bomberman_boards',
        columns: [
          {
            name: 'id',
            type: 'varchar',
            length: '255',
            isPrimary: true,
            primaryKeyConstraintName: 'pk_bomberman_boards',
          },
          { name: 'version', type: 'integer' },
          { name: 'tick', type: 'integer' },
          { name: 'tiles', type: 'json' },
          { name: 'power_ups', type: 'json' },
          { name: 'players', type: 'json' },
          { name: 'bombs', type: 'json' },
          { name: 'explosions', type: 'json' },
          { name: 'is_over', type: 'boolean' },
          { name: 'winner', type: 'varchar', length: '255', isNullable: true },
        ],
      }),
    )
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('bomberman_boards')
  }
}

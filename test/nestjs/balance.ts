import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { MigrationInterface, QueryRunner } from 'typeorm'

/** A read model of a host. */
@Entity('balances')
export class Balance {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  id!: string

  @Column({ type: 'varchar', length: 64 })
  owner!: string

  @Column({ type: 'integer' })
  amount!: number
}

export class CreateBalances1764000000000 implements MigrationInterface {
  name = 'CreateBalances1764000000000'

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'CREATE TABLE "balances" ("id" varchar(64) PRIMARY KEY NOT NULL, "owner" varchar(64) NOT NULL, "amount" integer NOT NULL)',
    )
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "balances"')
  }
}

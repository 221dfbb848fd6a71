import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Creates the tables of the read models, in words that Postgres and SQLite share. */
export class CreateGitReadModels1763860000000 implements MigrationInterface {
  readonly name = 'CreateGitReadModels1763860000000'

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const { table, columns } of TABLES) await queryRunner.query(`CREATE TABLE "${table}" (${columns})`)
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { table } of TABLES) await queryRunner.query(`DROP TABLE "${table}"`)
  }
}

const LINES = '"added" bigint NOT NULL, "removed" bigint NOT NULL'

const TABLES = [
  {
    table: 'git_files',
    columns:
      '"ledger" varchar(255) NOT NULL, "id" varchar(255) NOT NULL, "path" text NOT NULL, "present" boolean NOT NULL, ' +
      `"changes" integer NOT NULL, "binary_changes" integer NOT NULL, ${LINES}, ` +
      'CONSTRAINT "pk_git_files" PRIMARY KEY ("ledger", "id")',
  },
  {
    table: 'git_contributors',
    columns:
      '"ledger" varchar(255) NOT NULL, "id" varchar(255) NOT NULL, "author" text NOT NULL, ' +
      `"commits" integer NOT NULL, "changes" integer NOT NULL, ${LINES}, ` +
      'CONSTRAINT "pk_git_contributors" PRIMARY KEY ("ledger", "id")',
  },
  {
    table: 'git_commits',
    columns:
      '"ledger" varchar(255) NOT NULL, "hash" varchar(64) NOT NULL, "contributor" varchar(255) NOT NULL, ' +
      `"day" varchar(20) NOT NULL, "changes" integer NOT NULL, ${LINES}, ` +
      'CONSTRAINT "pk_git_commits" PRIMARY KEY ("ledger", "hash")',
  },
  {
    table: 'git_days',
    columns:
      '"ledger" varchar(255) NOT NULL, "day" varchar(20) NOT NULL, "version" integer NOT NULL, ' +
      `"commits" integer NOT NULL, "changes" integer NOT NULL, ${LINES}, ` +
      'CONSTRAINT "pk_git_days" PRIMARY KEY ("ledger", "day")',
  },
] as const

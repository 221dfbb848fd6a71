import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Creates the tables of the read models. The log's own tables come with the module's migrations, which run earlier. */
export class CreateReadModels1763900000000 implements MigrationInterface {
  readonly name = 'CreateReadModels1763900000000'

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) await queryRunner.query(table)
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const name of ['settings', 'checkpoints', 'messages', 'turns', 'threads', 'projects'])
      await queryRunner.query(`DROP TABLE "${name}"`)
  }
}

const TABLES = [
  `CREATE TABLE "projects" (
    "id" varchar NOT NULL, "stream_version" integer NOT NULL, "title" varchar NOT NULL, "folder" varchar NOT NULL,
    "archived" boolean NOT NULL,
    CONSTRAINT "pk_projects" PRIMARY KEY ("id")
  )`,
  `CREATE TABLE "threads" (
    "id" varchar NOT NULL, "stream_version" integer NOT NULL, "title" varchar NOT NULL, "model" varchar NOT NULL,
    "archived" boolean NOT NULL, "started_at" datetime NOT NULL, "changed_at" datetime NOT NULL,
    "project_id" varchar NOT NULL,
    CONSTRAINT "fk_threads_project" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT "pk_threads" PRIMARY KEY ("id")
  )`,
  `CREATE TABLE "turns" (
    "id" varchar NOT NULL, "number" integer NOT NULL, "state" varchar NOT NULL, "tokens_read" integer NOT NULL,
    "tokens_written" integer NOT NULL, "reason" varchar, "thread_id" varchar NOT NULL,
    CONSTRAINT "fk_turns_thread" FOREIGN KEY ("thread_id") REFERENCES "threads" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT "pk_turns" PRIMARY KEY ("id")
  )`,
  `CREATE TABLE "messages" (
    "id" varchar NOT NULL, "role" varchar NOT NULL, "text" text NOT NULL, "position" integer NOT NULL,
    "turn_id" varchar NOT NULL,
    CONSTRAINT "fk_messages_turn" FOREIGN KEY ("turn_id") REFERENCES "turns" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT "pk_messages" PRIMARY KEY ("id")
  )`,
  `CREATE TABLE "checkpoints" (
    "id" varchar NOT NULL, "files" json NOT NULL, "captured_at" datetime NOT NULL, "turn_id" varchar NOT NULL,
    CONSTRAINT "fk_checkpoints_turn" FOREIGN KEY ("turn_id") REFERENCES "turns" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT "pk_checkpoints" PRIMARY KEY ("id")
  )`,
  `CREATE TABLE "settings" (
    "name" varchar NOT NULL, "value" varchar NOT NULL,
    CONSTRAINT "pk_settings" PRIMARY KEY ("name")
  )`,
]

import type { QueryRunner } from 'typeorm'
import { EVENT_TRIGGERS } from './event-triggers.js'
import { eventTable, eventTables } from './tables.js'
import type { MigrationTable } from './tables.js'

/**
 * Makes the database itself refuse UPDATE, DELETE and TRUNCATE of events and sequences with gaps, also for
 * writers that bypass the module. The shipped migrations call it; a host that generates its own migrations
 * calls it in the one that creates the event table, and again after a SQLite migration that altered the event
 * table, because SQLite alters by recreating the table and drops its triggers. Calling it again changes nothing.
 *
 * @example
 * public async up(queryRunner: QueryRunner): Promise<void> {
 *   await queryRunner.query(`CREATE TABLE "aggregate_events" …`) // as generated
 *   await installEventGuards(queryRunner)
 * }
 */
export async function installEventGuards(queryRunner: QueryRunner): Promise<void> {
  for (const table of eventTables(queryRunner)) {
    const guards =
      table.dialect === 'postgres'
        ? postgresGuards(table, await qualifiedName(queryRunner, table.path))
        : sqliteGuards(table)
    await runAll(queryRunner, guards)
  }
}

/** The functions must find the event table whatever search_path the writer's session has. */
async function qualifiedName(queryRunner: QueryRunner, path: string): Promise<string> {
  const rows: unknown = await queryRunner.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = $1::regclass`,
    [path],
  )
  return (rows as { name: string }[])[0]!.name
}

/** Takes the guards away; call it in a migration's `down`, before the table is dropped. */
export async function removeEventGuards(queryRunner: QueryRunner): Promise<void> {
  for (const table of eventTables(queryRunner)) {
    await runAll(
      queryRunner,
      table.dialect === 'postgres' ? dropPostgresGuards(table) : dropSqliteGuards(table),
    )
  }
}

/**
 * The one deliberate way to change or delete recorded events: runs `work` in a transaction in which the
 * database allows it, and closes the door again. For operators and data-protection requests, not for
 * application code. Sequences must be without gaps for the streams that remain.
 *
 * @example
 * await withoutEventGuards(queryRunner, () =>
 *   queryRunner.query(`DELETE FROM "aggregate_events" WHERE "aggregate_type" = 'user' AND "aggregate_id" = '42'`))
 */
export async function withoutEventGuards<T>(queryRunner: QueryRunner, work: () => Promise<T>): Promise<T> {
  await queryRunner.startTransaction()
  try {
    const result = await (eventTable(queryRunner).dialect === 'postgres'
      ? allowedByPostgres(queryRunner, work)
      : allowedBySqlite(queryRunner, work))
    await queryRunner.commitTransaction()
    return result
  } catch (error) {
    await queryRunner.rollbackTransaction()
    throw error
  }
}

async function allowedByPostgres<T>(queryRunner: QueryRunner, work: () => Promise<T>): Promise<T> {
  await queryRunner.query(`SET LOCAL typeorm_sourced.allow_event_changes = 'on'`)
  const result = await work()
  // Inside an outer transaction the setting would outlive this one.
  await queryRunner.query(`SET LOCAL typeorm_sourced.allow_event_changes = 'off'`)
  return result
}

async function allowedBySqlite<T>(queryRunner: QueryRunner, work: () => Promise<T>): Promise<T> {
  await removeEventGuards(queryRunner)
  const result = await work()
  await installEventGuards(queryRunner)
  return result
}

async function runAll(queryRunner: QueryRunner, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await queryRunner.query(statement)
}

/*
 * `$checked` marks the placeholder by which a commit holds the next sequence of a stream that it only checks:
 * whoever else wants that sequence waits for the commit on the unique key. The placeholder deletes itself at
 * the end of the statement that inserted it, so no other session ever sees it; triggers of the
 * host's on the event table, and logical replication, see it come and go. It does so with the rights of the
 * table's owner: an application that may not delete events can still check streams.
 *
 * `sequences_checked` is set by the module's own statements, which look for the preceding event themselves, and until
 * the end of their transaction only: for them the trigger would ask the same again, for each row. What a trigger of the
 * host's inserts meanwhile is looked at.
 *
 * A session keeps the plan of a function. One that was made while the table was tiny would go on reading the whole
 * table for every event of a bulk append, hence enable_seqscan.
 */
function postgresGuards(table: MigrationTable, events: string): string[] {
  const contiguous = table.besidePath('contiguous')
  const placeholder = table.besidePath('placeholder')
  const immutable = table.besidePath('immutable')
  return [
    `CREATE OR REPLACE FUNCTION ${contiguous}() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $guard$
BEGIN
  IF NOT EXISTS (
    SELECT FROM ${events} e
    WHERE e."aggregate_type" = NEW."aggregate_type" AND e."aggregate_id" = NEW."aggregate_id"
      AND e."sequence" = NEW."sequence" - 1 AND e."event_name" <> '$checked'
  ) THEN
    RAISE EXCEPTION 'sequence % of % would leave a gap in its stream', NEW."sequence", TG_TABLE_NAME
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_aggregate_events_contiguous', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $guard$`,
    `CREATE OR REPLACE FUNCTION ${placeholder}() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog AS $guard$
BEGIN
  IF TG_RELID <> '${events.replaceAll("'", "''")}'::regclass THEN
    RAISE EXCEPTION 'this function serves the event table only';
  END IF;
  DELETE FROM ${events} e
  WHERE e."aggregate_type" = NEW."aggregate_type" AND e."aggregate_id" = NEW."aggregate_id"
    AND e."sequence" = NEW."sequence" AND e."event_name" = '$checked';
  RETURN NULL;
END $guard$`,
    `REVOKE ALL ON FUNCTION ${placeholder}() FROM PUBLIC`,
    `CREATE OR REPLACE FUNCTION ${immutable}() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
  IF coalesce(current_setting('typeorm_sourced.allow_event_changes', true), 'off') <> 'on' THEN
    RAISE EXCEPTION 'events are immutable: % of % is refused', TG_OP, TG_TABLE_NAME
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_aggregate_events_immutable', TABLE = TG_TABLE_NAME;
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $guard$`,
    ...dropPostgresTriggers(table),
    `CREATE TRIGGER ${table.besideName('contiguous')} BEFORE INSERT ON ${events}
FOR EACH ROW WHEN (NEW."sequence" > 1
  AND (coalesce(current_setting('typeorm_sourced.sequences_checked', true), 'off') <> 'on' OR pg_trigger_depth() > 0)) EXECUTE FUNCTION ${contiguous}()`,
    `CREATE TRIGGER ${table.besideName('placeholder')} AFTER INSERT ON ${events}
FOR EACH ROW WHEN (NEW."event_name" = '$checked') EXECUTE FUNCTION ${placeholder}()`,
    `CREATE TRIGGER ${table.besideName('immutable')} BEFORE UPDATE OR DELETE ON ${events}
FOR EACH ROW WHEN (OLD."event_name" <> '$checked') EXECUTE FUNCTION ${immutable}()`,
    `CREATE TRIGGER ${table.besideName('no_truncate')} BEFORE TRUNCATE ON ${events}
FOR EACH STATEMENT EXECUTE FUNCTION ${immutable}()`,
  ]
}

const POSTGRES_FUNCTIONS = ['contiguous', 'placeholder', 'immutable'] as const

function dropPostgresTriggers(table: MigrationTable): string[] {
  return EVENT_TRIGGERS.postgres.map(
    (trigger) => `DROP TRIGGER IF EXISTS ${table.besideName(trigger)} ON ${table.path}`,
  )
}

function dropPostgresGuards(table: MigrationTable): string[] {
  return [
    ...dropPostgresTriggers(table),
    ...POSTGRES_FUNCTIONS.map((name) => `DROP FUNCTION IF EXISTS ${table.besidePath(name)}()`),
  ]
}

function sqliteGuards(table: MigrationTable): string[] {
  const events = table.path
  return [
    ...dropSqliteGuards(table),
    // The second condition refuses INSERT OR REPLACE by position, which deletes without firing delete triggers.
    `CREATE TRIGGER ${table.besideName('contiguous')} BEFORE INSERT ON ${events}
WHEN NEW."sequence" <> 1 + coalesce((SELECT max("sequence") FROM ${events} WHERE "aggregate_type" = NEW."aggregate_type" AND "aggregate_id" = NEW."aggregate_id"), 0)
  OR EXISTS (SELECT 1 FROM ${events} WHERE "position" = NEW."position")
BEGIN SELECT raise(ABORT, 'ck_aggregate_events_contiguous: the event would leave a gap in its stream or replace another'); END`,
    `CREATE TRIGGER ${table.besideName('no_update')} BEFORE UPDATE ON ${events}
BEGIN SELECT raise(ABORT, 'ck_aggregate_events_immutable: events are immutable, UPDATE is refused'); END`,
    `CREATE TRIGGER ${table.besideName('no_delete')} BEFORE DELETE ON ${events}
BEGIN SELECT raise(ABORT, 'ck_aggregate_events_immutable: events are immutable, DELETE is refused'); END`,
  ]
}

function dropSqliteGuards(table: MigrationTable): string[] {
  return EVENT_TRIGGERS.sqlite.map((trigger) => `DROP TRIGGER IF EXISTS ${table.besideName(trigger)}`)
}

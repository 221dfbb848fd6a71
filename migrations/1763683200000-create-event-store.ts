import type { MigrationInterface, QueryRunner } from 'typeorm'
import { installEventGuards, removeEventGuards } from './event-guards.js'
import { eventTable, snapshotTable } from './tables.js'
import type { MigrationTable } from './tables.js'

/** Creates the event and snapshot tables with the guards that make events immutable and streams free of gaps. */
export class CreateEventStore1763683200000 implements MigrationInterface {
  readonly name = 'CreateEventStore1763683200000'

  async up(queryRunner: QueryRunner): Promise<void> {
    const events = eventTable(queryRunner)
    const create = events.dialect === 'postgres' ? postgresTables : sqliteTables
    for (const statement of create(events, snapshotTable(queryRunner))) await queryRunner.query(statement)
    await installEventGuards(queryRunner)
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await removeEventGuards(queryRunner)
    await queryRunner.query(`DROP TABLE ${snapshotTable(queryRunner).path}`)
    await queryRunner.query(`DROP TABLE ${eventTable(queryRunner).path}`)
  }
}

const EVENT_CHECKS = `CONSTRAINT "ck_aggregate_events_aggregate_type" CHECK ("aggregate_type" <> ''),
  CONSTRAINT "ck_aggregate_events_aggregate_id" CHECK ("aggregate_id" <> ''),
  CONSTRAINT "ck_aggregate_events_sequence" CHECK ("sequence" > 0),
  CONSTRAINT "ck_aggregate_events_event_name" CHECK ("event_name" <> ''),
  CONSTRAINT "ck_aggregate_events_event_version" CHECK ("event_version" > 0),
  CONSTRAINT "ck_aggregate_events_payload_codec" CHECK ("payload_codec" <> ''),
  CONSTRAINT "ck_aggregate_events_payload_codec_version" CHECK ("payload_codec_version" > 0)`

const SNAPSHOT_CHECKS = `CONSTRAINT "ck_aggregate_snapshots_aggregate_type" CHECK ("aggregate_type" <> ''),
  CONSTRAINT "ck_aggregate_snapshots_aggregate_id" CHECK ("aggregate_id" <> ''),
  CONSTRAINT "ck_aggregate_snapshots_version" CHECK ("version" > 0),
  CONSTRAINT "ck_aggregate_snapshots_snapshot_type" CHECK ("snapshot_type" <> ''),
  CONSTRAINT "ck_aggregate_snapshots_snapshot_version" CHECK ("snapshot_version" > 0),
  CONSTRAINT "ck_aggregate_snapshots_payload_codec" CHECK ("payload_codec" <> ''),
  CONSTRAINT "ck_aggregate_snapshots_payload_codec_version" CHECK ("payload_codec_version" > 0)`

function postgresTables(events: MigrationTable, snapshots: MigrationTable): string[] {
  return [
    `CREATE TABLE ${events.path} (
  "aggregate_type" character varying(255) NOT NULL,
  "aggregate_id" character varying(255) NOT NULL,
  "sequence" integer NOT NULL,
  "position" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  "commit_id" uuid NOT NULL,
  "event_name" character varying(255) NOT NULL,
  "event_version" integer NOT NULL DEFAULT 1,
  "payload" ${events.payloadType} NOT NULL,
  "payload_codec" character varying(255) NOT NULL,
  "payload_codec_version" integer NOT NULL,
  "metadata" jsonb NOT NULL DEFAULT '{}',
  "recorded_at" timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "pk_aggregate_events" PRIMARY KEY ("aggregate_type", "aggregate_id", "sequence"),
  CONSTRAINT "uq_aggregate_events_position" UNIQUE ("position"),
  ${EVENT_CHECKS})`,
    `CREATE TABLE ${snapshots.path} (
  "aggregate_type" character varying(255) NOT NULL,
  "aggregate_id" character varying(255) NOT NULL,
  "version" integer NOT NULL,
  "snapshot_type" character varying(255) NOT NULL,
  "snapshot_version" integer NOT NULL,
  "payload" ${snapshots.payloadType} NOT NULL,
  "payload_codec" character varying(255) NOT NULL,
  "payload_codec_version" integer NOT NULL,
  "metadata" jsonb NOT NULL DEFAULT '{}',
  "recorded_at" timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "pk_aggregate_snapshots" PRIMARY KEY ("aggregate_type", "aggregate_id"),
  ${SNAPSHOT_CHECKS})`,
  ]
}

/** TypeORM reads CHECKs back by a pattern that needs the last one and the table's closing bracket on one line. */
function sqliteTables(events: MigrationTable, snapshots: MigrationTable): string[] {
  return [
    `CREATE TABLE ${events.path} (
  "aggregate_type" varchar(255) NOT NULL,
  "aggregate_id" varchar(255) NOT NULL,
  "sequence" integer NOT NULL,
  "position" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  "commit_id" varchar(36) NOT NULL,
  "event_name" varchar(255) NOT NULL,
  "event_version" integer NOT NULL DEFAULT (1),
  "payload" ${events.payloadType} NOT NULL,
  "payload_codec" varchar(255) NOT NULL,
  "payload_codec_version" integer NOT NULL,
  "metadata" json NOT NULL DEFAULT ('{}'),
  "recorded_at" datetime NOT NULL DEFAULT ((strftime('%Y-%m-%d %H:%M:%f','now'))),
  CONSTRAINT "uq_aggregate_events_stream" UNIQUE ("aggregate_type", "aggregate_id", "sequence"),
  ${EVENT_CHECKS})`,
    `CREATE TABLE ${snapshots.path} (
  "aggregate_type" varchar(255) NOT NULL,
  "aggregate_id" varchar(255) NOT NULL,
  "version" integer NOT NULL,
  "snapshot_type" varchar(255) NOT NULL,
  "snapshot_version" integer NOT NULL,
  "payload" ${snapshots.payloadType} NOT NULL,
  "payload_codec" varchar(255) NOT NULL,
  "payload_codec_version" integer NOT NULL,
  "metadata" json NOT NULL DEFAULT ('{}'),
  "recorded_at" datetime NOT NULL DEFAULT ((strftime('%Y-%m-%d %H:%M:%f','now'))),
  CONSTRAINT "pk_aggregate_snapshots" PRIMARY KEY ("aggregate_type", "aggregate_id"),
  ${SNAPSHOT_CHECKS})`,
  ]
}

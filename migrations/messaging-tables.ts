import type { Dialect } from '../entities/index.js'

/** The types that the two databases spell differently. */
interface Types {
  readonly varchar: string
  readonly time: string
  readonly exactTime: string
  readonly now: string
  readonly metadata: string
  readonly zero: string
}

const TYPES: Record<Dialect, Types> = {
  postgres: {
    varchar: 'character varying',
    time: 'timestamp(3) with time zone',
    exactTime: 'timestamp(6) with time zone',
    now: 'clock_timestamp()',
    metadata: `jsonb NOT NULL DEFAULT '{}'`,
    zero: '0',
  },
  sqlite: {
    varchar: 'varchar',
    time: 'datetime',
    exactTime: 'datetime',
    now: `((strftime('%Y-%m-%d %H:%M:%f','now')))`,
    metadata: `json NOT NULL DEFAULT ('{}')`,
    zero: '(0)',
  },
}

/*
 * Each gives the statements that create one table, named by its quoted path. TypeORM reads CHECKs back from SQLite by
 * a pattern that needs the last one and the table's closing bracket on one line.
 */

export function processedMessages(dialect: Dialect, table: string): string[] {
  const { varchar, time, now } = TYPES[dialect]
  return [
    `CREATE TABLE ${table} (
  "consumer_name" ${varchar}(255) NOT NULL,
  "message_id" ${varchar}(255) NOT NULL,
  "processed_at" ${time} NOT NULL DEFAULT ${now},
  CONSTRAINT "pk_processed_messages" PRIMARY KEY ("consumer_name", "message_id"),
  CONSTRAINT "ck_processed_messages_consumer_name" CHECK ("consumer_name" <> ''),
  CONSTRAINT "ck_processed_messages_message_id" CHECK ("message_id" <> ''))`,
    `CREATE INDEX "ix_processed_messages_processed_at" ON ${table} ("processed_at")`,
  ]
}

export function aggregateLocks(dialect: Dialect, table: string): string[] {
  const { varchar, time } = TYPES[dialect]
  return [
    `CREATE TABLE ${table} (
  "lock_key" ${varchar}(600) NOT NULL,
  "owner_token" ${varchar}(255) NOT NULL,
  "acquired_at" ${time} NOT NULL,
  "expires_at" ${time} NOT NULL,
  CONSTRAINT "pk_aggregate_locks" PRIMARY KEY ("lock_key"),
  CONSTRAINT "ck_aggregate_locks_lock_key" CHECK ("lock_key" <> ''),
  CONSTRAINT "ck_aggregate_locks_owner_token" CHECK ("owner_token" <> ''))`,
  ]
}

export function outboxMessages(dialect: Dialect, table: string): string[] {
  const { varchar, time, exactTime, now, metadata, zero } = TYPES[dialect]
  const unpublished = `"status" IN ('pending', 'in_flight')`
  return [
    `CREATE TABLE ${table} (
  "message_id" ${varchar}(255) NOT NULL,
  "message_type" ${varchar}(255) NOT NULL,
  "payload" json NOT NULL,
  "payload_codec" ${varchar}(255) NOT NULL,
  "payload_codec_version" integer NOT NULL,
  "destination" ${varchar}(255),
  "metadata" ${metadata},
  "status" ${varchar}(16) NOT NULL,
  "created_at" ${exactTime} NOT NULL DEFAULT ${now},
  "ordinal" integer NOT NULL,
  "next_available_at" ${time} NOT NULL,
  "claimed_by" ${varchar}(255),
  "claimed_until" ${time},
  "attempts" integer NOT NULL DEFAULT ${zero},
  "last_error" text,
  "published_at" ${time},
  "failed_at" ${time},
  "source_type" ${varchar}(255),
  "source_id" ${varchar}(255),
  "source_sequence" integer,
  "correlation_id" ${varchar}(255),
  "causation_id" ${varchar}(255),
  CONSTRAINT "pk_outbox_messages" PRIMARY KEY ("message_id"),
  CONSTRAINT "ck_outbox_messages_message_id" CHECK ("message_id" <> ''),
  CONSTRAINT "ck_outbox_messages_message_type" CHECK ("message_type" <> ''),
  CONSTRAINT "ck_outbox_messages_payload_codec" CHECK ("payload_codec" <> ''),
  CONSTRAINT "ck_outbox_messages_payload_codec_version" CHECK ("payload_codec_version" > 0),
  CONSTRAINT "ck_outbox_messages_destination" CHECK ("destination" <> ''),
  CONSTRAINT "ck_outbox_messages_status" CHECK ("status" IN ('pending', 'in_flight', 'published', 'failed')),
  CONSTRAINT "ck_outbox_messages_ordinal" CHECK ("ordinal" > 0),
  CONSTRAINT "ck_outbox_messages_attempts" CHECK ("attempts" >= 0 AND ("status" = 'pending' OR "attempts" > 0)),
  CONSTRAINT "ck_outbox_messages_claimed_by" CHECK (("status" = 'in_flight') = ("claimed_by" IS NOT NULL)),
  CONSTRAINT "ck_outbox_messages_claimed_until" CHECK (("status" = 'in_flight') = ("claimed_until" IS NOT NULL)),
  CONSTRAINT "ck_outbox_messages_published_at" CHECK (("status" = 'published') = ("published_at" IS NOT NULL)),
  CONSTRAINT "ck_outbox_messages_failed_at" CHECK (("status" = 'failed') = ("failed_at" IS NOT NULL)),
  CONSTRAINT "ck_outbox_messages_source_id" CHECK (("source_type" IS NULL) = ("source_id" IS NULL)),
  CONSTRAINT "ck_outbox_messages_source_sequence" CHECK (("source_type" IS NULL) = ("source_sequence" IS NULL)))`,
    `CREATE INDEX "ix_outbox_messages_claimable" ON ${table} ("created_at", "ordinal") WHERE ${unpublished}`,
    `CREATE INDEX "ix_outbox_messages_source" ON ${table} ("source_type", "source_id", "source_sequence") WHERE ${unpublished}`,
    `CREATE INDEX "ix_outbox_messages_published" ON ${table} ("published_at") WHERE "status" = 'published'`,
  ]
}

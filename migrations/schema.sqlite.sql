CREATE TABLE "aggregate_events" (
  "aggregate_type" varchar(255) NOT NULL,
  "aggregate_id" varchar(255) NOT NULL,
  "sequence" integer NOT NULL,
  "position" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  "commit_id" varchar(36) NOT NULL,
  "event_name" varchar(255) NOT NULL,
  "event_version" integer NOT NULL DEFAULT (1),
  "payload" json NOT NULL,
  "payload_codec" varchar(255) NOT NULL,
  "payload_codec_version" integer NOT NULL,
  "metadata" json NOT NULL DEFAULT ('{}'),
  "recorded_at" datetime NOT NULL DEFAULT ((strftime('%Y-%m-%d %H:%M:%f','now'))),
  CONSTRAINT "uq_aggregate_events_stream" UNIQUE ("aggregate_type", "aggregate_id", "sequence"),
  CONSTRAINT "ck_aggregate_events_aggregate_type" CHECK ("aggregate_type" <> ''),
  CONSTRAINT "ck_aggregate_events_aggregate_id" CHECK ("aggregate_id" <> ''),
  CONSTRAINT "ck_aggregate_events_sequence" CHECK ("sequence" > 0),
  CONSTRAINT "ck_aggregate_events_event_name" CHECK ("event_name" <> ''),
  CONSTRAINT "ck_aggregate_events_event_version" CHECK ("event_version" > 0),
  CONSTRAINT "ck_aggregate_events_payload_codec" CHECK ("payload_codec" <> ''),
  CONSTRAINT "ck_aggregate_events_payload_codec_version" CHECK ("payload_codec_version" > 0));

CREATE TRIGGER "aggregate_events_contiguous" BEFORE INSERT ON "aggregate_events"
WHEN NEW."sequence" <> 1 + coalesce((SELECT max("sequence") FROM "aggregate_events" WHERE "aggregate_type" = NEW."aggregate_type" AND "aggregate_id" = NEW."aggregate_id"), 0)
  OR EXISTS (SELECT 1 FROM "aggregate_events" WHERE "position" = NEW."position")
BEGIN SELECT raise(ABORT, 'ck_aggregate_events_contiguous: the event would leave a gap in its stream or replace another'); END;

CREATE TRIGGER "aggregate_events_no_delete" BEFORE DELETE ON "aggregate_events"
BEGIN SELECT raise(ABORT, 'ck_aggregate_events_immutable: events are immutable, DELETE is refused'); END;

CREATE TRIGGER "aggregate_events_no_update" BEFORE UPDATE ON "aggregate_events"
BEGIN SELECT raise(ABORT, 'ck_aggregate_events_immutable: events are immutable, UPDATE is refused'); END;

CREATE TABLE "aggregate_locks" (
  "lock_key" varchar(600) NOT NULL,
  "owner_token" varchar(255) NOT NULL,
  "acquired_at" datetime NOT NULL,
  "expires_at" datetime NOT NULL,
  CONSTRAINT "pk_aggregate_locks" PRIMARY KEY ("lock_key"),
  CONSTRAINT "ck_aggregate_locks_lock_key" CHECK ("lock_key" <> ''),
  CONSTRAINT "ck_aggregate_locks_owner_token" CHECK ("owner_token" <> ''));

CREATE TABLE "aggregate_snapshots" (
  "aggregate_type" varchar(255) NOT NULL,
  "aggregate_id" varchar(255) NOT NULL,
  "version" integer NOT NULL,
  "snapshot_type" varchar(255) NOT NULL,
  "snapshot_version" integer NOT NULL,
  "payload" json NOT NULL,
  "payload_codec" varchar(255) NOT NULL,
  "payload_codec_version" integer NOT NULL,
  "metadata" json NOT NULL DEFAULT ('{}'),
  "recorded_at" datetime NOT NULL DEFAULT ((strftime('%Y-%m-%d %H:%M:%f','now'))),
  CONSTRAINT "pk_aggregate_snapshots" PRIMARY KEY ("aggregate_type", "aggregate_id"),
  CONSTRAINT "ck_aggregate_snapshots_aggregate_type" CHECK ("aggregate_type" <> ''),
  CONSTRAINT "ck_aggregate_snapshots_aggregate_id" CHECK ("aggregate_id" <> ''),
  CONSTRAINT "ck_aggregate_snapshots_version" CHECK ("version" > 0),
  CONSTRAINT "ck_aggregate_snapshots_snapshot_type" CHECK ("snapshot_type" <> ''),
  CONSTRAINT "ck_aggregate_snapshots_snapshot_version" CHECK ("snapshot_version" > 0),
  CONSTRAINT "ck_aggregate_snapshots_payload_codec" CHECK ("payload_codec" <> ''),
  CONSTRAINT "ck_aggregate_snapshots_payload_codec_version" CHECK ("payload_codec_version" > 0));

CREATE INDEX "ix_outbox_messages_claimable" ON "outbox_messages" ("created_at", "ordinal") WHERE "status" IN ('pending', 'in_flight');

CREATE INDEX "ix_outbox_messages_published" ON "outbox_messages" ("published_at") WHERE "status" = 'published';

CREATE INDEX "ix_outbox_messages_source" ON "outbox_messages" ("source_type", "source_id", "source_sequence") WHERE "status" IN ('pending', 'in_flight');

CREATE TABLE "outbox_messages" (
  "message_id" varchar(255) NOT NULL,
  "message_type" varchar(255) NOT NULL,
  "payload" json NOT NULL,
  "payload_codec" varchar(255) NOT NULL,
  "payload_codec_version" integer NOT NULL,
  "destination" varchar(255),
  "metadata" json NOT NULL DEFAULT ('{}'),
  "status" varchar(16) NOT NULL,
  "created_at" datetime NOT NULL DEFAULT ((strftime('%Y-%m-%d %H:%M:%f','now'))),
  "ordinal" integer NOT NULL,
  "next_available_at" datetime NOT NULL,
  "claimed_by" varchar(255),
  "claimed_until" datetime,
  "attempts" integer NOT NULL DEFAULT (0),
  "last_error" text,
  "published_at" datetime,
  "failed_at" datetime,
  "source_type" varchar(255),
  "source_id" varchar(255),
  "source_sequence" integer,
  "correlation_id" varchar(255),
  "causation_id" varchar(255),
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
  CONSTRAINT "ck_outbox_messages_source_sequence" CHECK (("source_type" IS NULL) = ("source_sequence" IS NULL)));

CREATE INDEX "ix_processed_messages_processed_at" ON "processed_messages" ("processed_at");

CREATE TABLE "processed_messages" (
  "consumer_name" varchar(255) NOT NULL,
  "message_id" varchar(255) NOT NULL,
  "processed_at" datetime NOT NULL DEFAULT ((strftime('%Y-%m-%d %H:%M:%f','now'))),
  CONSTRAINT "pk_processed_messages" PRIMARY KEY ("consumer_name", "message_id"),
  CONSTRAINT "ck_processed_messages_consumer_name" CHECK ("consumer_name" <> ''),
  CONSTRAINT "ck_processed_messages_message_id" CHECK ("message_id" <> ''));

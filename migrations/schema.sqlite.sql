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

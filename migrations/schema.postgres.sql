CREATE TABLE aggregate_events (
  aggregate_type character varying(255) NOT NULL,
  aggregate_id character varying(255) NOT NULL,
  sequence integer NOT NULL,
  position bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  commit_id uuid NOT NULL,
  event_name character varying(255) NOT NULL,
  event_version integer DEFAULT 1 NOT NULL,
  payload json NOT NULL,
  payload_codec character varying(255) NOT NULL,
  payload_codec_version integer NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  recorded_at timestamp(3) with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT pk_aggregate_events PRIMARY KEY (aggregate_type, aggregate_id, sequence),
  CONSTRAINT uq_aggregate_events_position UNIQUE ("position"),
  CONSTRAINT ck_aggregate_events_aggregate_id CHECK (((aggregate_id)::text <> ''::text)),
  CONSTRAINT ck_aggregate_events_aggregate_type CHECK (((aggregate_type)::text <> ''::text)),
  CONSTRAINT ck_aggregate_events_event_name CHECK (((event_name)::text <> ''::text)),
  CONSTRAINT ck_aggregate_events_event_version CHECK ((event_version > 0)),
  CONSTRAINT ck_aggregate_events_payload_codec CHECK (((payload_codec)::text <> ''::text)),
  CONSTRAINT ck_aggregate_events_payload_codec_version CHECK ((payload_codec_version > 0)),
  CONSTRAINT ck_aggregate_events_sequence CHECK ((sequence > 0))
);

CREATE TABLE aggregate_locks (
  lock_key character varying(600) NOT NULL,
  owner_token character varying(255) NOT NULL,
  acquired_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT pk_aggregate_locks PRIMARY KEY (lock_key),
  CONSTRAINT ck_aggregate_locks_lock_key CHECK (((lock_key)::text <> ''::text)),
  CONSTRAINT ck_aggregate_locks_owner_token CHECK (((owner_token)::text <> ''::text))
);

CREATE TABLE aggregate_snapshots (
  aggregate_type character varying(255) NOT NULL,
  aggregate_id character varying(255) NOT NULL,
  version integer NOT NULL,
  snapshot_type character varying(255) NOT NULL,
  snapshot_version integer NOT NULL,
  payload json NOT NULL,
  payload_codec character varying(255) NOT NULL,
  payload_codec_version integer NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  recorded_at timestamp(3) with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT pk_aggregate_snapshots PRIMARY KEY (aggregate_type, aggregate_id),
  CONSTRAINT ck_aggregate_snapshots_aggregate_id CHECK (((aggregate_id)::text <> ''::text)),
  CONSTRAINT ck_aggregate_snapshots_aggregate_type CHECK (((aggregate_type)::text <> ''::text)),
  CONSTRAINT ck_aggregate_snapshots_payload_codec CHECK (((payload_codec)::text <> ''::text)),
  CONSTRAINT ck_aggregate_snapshots_payload_codec_version CHECK ((payload_codec_version > 0)),
  CONSTRAINT ck_aggregate_snapshots_snapshot_type CHECK (((snapshot_type)::text <> ''::text)),
  CONSTRAINT ck_aggregate_snapshots_snapshot_version CHECK ((snapshot_version > 0)),
  CONSTRAINT ck_aggregate_snapshots_version CHECK ((version > 0))
);

CREATE TABLE outbox_messages (
  message_id character varying(255) NOT NULL,
  message_type character varying(255) NOT NULL,
  payload json NOT NULL,
  payload_codec character varying(255) NOT NULL,
  payload_codec_version integer NOT NULL,
  destination character varying(255),
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  status character varying(16) NOT NULL,
  created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
  ordinal integer NOT NULL,
  next_available_at timestamp(3) with time zone NOT NULL,
  claimed_by character varying(255),
  claimed_until timestamp(3) with time zone,
  attempts integer DEFAULT 0 NOT NULL,
  last_error text,
  published_at timestamp(3) with time zone,
  failed_at timestamp(3) with time zone,
  source_type character varying(255),
  source_id character varying(255),
  source_sequence integer,
  correlation_id character varying(255),
  causation_id character varying(255),
  CONSTRAINT pk_outbox_messages PRIMARY KEY (message_id),
  CONSTRAINT ck_outbox_messages_attempts CHECK (((attempts >= 0) AND (((status)::text = 'pending'::text) OR (attempts > 0)))),
  CONSTRAINT ck_outbox_messages_claimed_by CHECK ((((status)::text = 'in_flight'::text) = (claimed_by IS NOT NULL))),
  CONSTRAINT ck_outbox_messages_claimed_until CHECK ((((status)::text = 'in_flight'::text) = (claimed_until IS NOT NULL))),
  CONSTRAINT ck_outbox_messages_destination CHECK (((destination)::text <> ''::text)),
  CONSTRAINT ck_outbox_messages_failed_at CHECK ((((status)::text = 'failed'::text) = (failed_at IS NOT NULL))),
  CONSTRAINT ck_outbox_messages_message_id CHECK (((message_id)::text <> ''::text)),
  CONSTRAINT ck_outbox_messages_message_type CHECK (((message_type)::text <> ''::text)),
  CONSTRAINT ck_outbox_messages_ordinal CHECK ((ordinal > 0)),
  CONSTRAINT ck_outbox_messages_payload_codec CHECK (((payload_codec)::text <> ''::text)),
  CONSTRAINT ck_outbox_messages_payload_codec_version CHECK ((payload_codec_version > 0)),
  CONSTRAINT ck_outbox_messages_published_at CHECK ((((status)::text = 'published'::text) = (published_at IS NOT NULL))),
  CONSTRAINT ck_outbox_messages_source_id CHECK (((source_type IS NULL) = (source_id IS NULL))),
  CONSTRAINT ck_outbox_messages_source_sequence CHECK (((source_type IS NULL) = (source_sequence IS NULL))),
  CONSTRAINT ck_outbox_messages_status CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'in_flight'::character varying, 'published'::character varying, 'failed'::character varying])::text[])))
);

CREATE TABLE processed_messages (
  consumer_name character varying(255) NOT NULL,
  message_id character varying(255) NOT NULL,
  processed_at timestamp(3) with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT pk_processed_messages PRIMARY KEY (consumer_name, message_id),
  CONSTRAINT ck_processed_messages_consumer_name CHECK (((consumer_name)::text <> ''::text)),
  CONSTRAINT ck_processed_messages_message_id CHECK (((message_id)::text <> ''::text))
);

CREATE INDEX ix_outbox_messages_claimable ON public.outbox_messages USING btree (created_at, ordinal) WHERE ((status)::text = ANY ((ARRAY['pending'::character varying, 'in_flight'::character varying])::text[]));

CREATE INDEX ix_outbox_messages_published ON public.outbox_messages USING btree (published_at) WHERE ((status)::text = 'published'::text);

CREATE INDEX ix_outbox_messages_source ON public.outbox_messages USING btree (source_type, source_id, source_sequence) WHERE ((status)::text = ANY ((ARRAY['pending'::character varying, 'in_flight'::character varying])::text[]));

CREATE INDEX ix_processed_messages_processed_at ON public.processed_messages USING btree (processed_at);

CREATE OR REPLACE FUNCTION public.aggregate_events_contiguous()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
BEGIN
  IF NOT EXISTS (
    SELECT FROM public.aggregate_events e
    WHERE e."aggregate_type" = NEW."aggregate_type" AND e."aggregate_id" = NEW."aggregate_id"
      AND e."sequence" = NEW."sequence" - 1 AND e."event_name" <> '$checked'
  ) THEN
    RAISE EXCEPTION 'sequence % of % would leave a gap in its stream', NEW."sequence", TG_TABLE_NAME
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_aggregate_events_contiguous', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.aggregate_events_immutable()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF coalesce(current_setting('typeorm_sourced.allow_event_changes', true), 'off') <> 'on' THEN
    RAISE EXCEPTION 'events are immutable: % of % is refused', TG_OP, TG_TABLE_NAME
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_aggregate_events_immutable', TABLE = TG_TABLE_NAME;
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.aggregate_events_placeholder()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
BEGIN
  IF TG_RELID <> 'public.aggregate_events'::regclass THEN
    RAISE EXCEPTION 'this function serves the event table only';
  END IF;
  DELETE FROM public.aggregate_events e
  WHERE e."aggregate_type" = NEW."aggregate_type" AND e."aggregate_id" = NEW."aggregate_id"
    AND e."sequence" = NEW."sequence" AND e."event_name" = '$checked';
  RETURN NULL;
END $function$;

CREATE TRIGGER aggregate_events_contiguous BEFORE INSERT ON public.aggregate_events FOR EACH ROW WHEN (((new.sequence > 1) AND ((COALESCE(current_setting('typeorm_sourced.sequences_checked'::text, true), 'off'::text) <> 'on'::text) OR (pg_trigger_depth() > 0)))) EXECUTE FUNCTION aggregate_events_contiguous();

CREATE TRIGGER aggregate_events_immutable BEFORE DELETE OR UPDATE ON public.aggregate_events FOR EACH ROW WHEN (((old.event_name)::text <> '$checked'::text)) EXECUTE FUNCTION aggregate_events_immutable();

CREATE TRIGGER aggregate_events_no_truncate BEFORE TRUNCATE ON public.aggregate_events FOR EACH STATEMENT EXECUTE FUNCTION aggregate_events_immutable();

CREATE TRIGGER aggregate_events_placeholder AFTER INSERT ON public.aggregate_events FOR EACH ROW WHEN (((new.event_name)::text = '$checked'::text)) EXECUTE FUNCTION aggregate_events_placeholder();

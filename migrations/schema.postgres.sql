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

CREATE TRIGGER aggregate_events_contiguous BEFORE INSERT ON public.aggregate_events FOR EACH ROW WHEN ((new.sequence > 1)) EXECUTE FUNCTION aggregate_events_contiguous();

CREATE TRIGGER aggregate_events_immutable BEFORE DELETE OR UPDATE ON public.aggregate_events FOR EACH ROW WHEN (((old.event_name)::text <> '$checked'::text)) EXECUTE FUNCTION aggregate_events_immutable();

CREATE TRIGGER aggregate_events_no_truncate BEFORE TRUNCATE ON public.aggregate_events FOR EACH STATEMENT EXECUTE FUNCTION aggregate_events_immutable();

CREATE TRIGGER aggregate_events_placeholder AFTER INSERT ON public.aggregate_events FOR EACH ROW WHEN (((new.event_name)::text = '$checked'::text)) EXECUTE FUNCTION aggregate_events_placeholder();

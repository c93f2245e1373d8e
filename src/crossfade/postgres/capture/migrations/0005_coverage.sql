-- Which parts of each entity's keys were compared, and when. A key's bucket is the hash of its item's
-- key modulo 256. Of every write that was committed before `verified_at`, the bucket's keys were
-- compared at that version or a later one; `drifted` of them had an open finding then.
CREATE TABLE crossfade.coverage (
    entity      text NOT NULL,
    bucket      smallint NOT NULL CONSTRAINT coverage_bucket CHECK (bucket BETWEEN 0 AND 255),
    verified_at timestamptz NOT NULL,
    keys        bigint NOT NULL,
    drifted     bigint NOT NULL,
    run         bigint NOT NULL,
    CONSTRAINT coverage_pkey PRIMARY KEY (entity, bucket)
);

-- Every transaction before this one had ended when the run began.
ALTER TABLE crossfade.run ADD COLUMN begun_xid xid8
    DEFAULT pg_snapshot_xmin(pg_current_snapshot());

-- The transaction of the newest acknowledgement. A key that was neither written nor acknowledged
-- since a pass began is verified when the pass ends.
ALTER TABLE crossfade.ledger ADD COLUMN acked_xid xid8;

CREATE OR REPLACE FUNCTION crossfade.note_unverified() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.unverified_since := coalesce(OLD.unverified_since, OLD.dirty_since, clock_timestamp());
    NEW.acked_xid := pg_current_xact_id();
    RETURN NEW;
END $$;

REVOKE ALL ON crossfade.coverage FROM PUBLIC;

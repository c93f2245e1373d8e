-- Verification passes, newest last. `progress` is where a pass stands, for a pass that goes on.
CREATE TABLE crossfade.run (
    id             bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT run_pkey PRIMARY KEY,
    kind           text NOT NULL,
    entities       text[] NOT NULL,
    is_deep        boolean NOT NULL DEFAULT false,
    state          text NOT NULL DEFAULT 'running'
                   CONSTRAINT run_state CHECK (state IN ('running', 'finished', 'failed')),
    started_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at    timestamptz,
    source_rows    bigint NOT NULL DEFAULT 0,
    target_items   bigint NOT NULL DEFAULT 0,
    equal_keys     bigint NOT NULL DEFAULT 0,
    lagging_keys   bigint NOT NULL DEFAULT 0,
    racing_keys    bigint NOT NULL DEFAULT 0,
    parked_keys    bigint NOT NULL DEFAULT 0,
    drifted_keys   bigint NOT NULL DEFAULT 0,
    orphan_objects bigint NOT NULL DEFAULT 0,
    read_units     double precision NOT NULL DEFAULT 0,
    root_digest    text,
    progress       jsonb NOT NULL DEFAULT '{}'
);

-- What a pass found, without content. A key has at most one open finding; a key that drifts again
-- after its finding was closed has a new one. The key of an item that belongs to no row is its
-- partition and sort key, under an empty entity.
CREATE TABLE crossfade.finding (
    id              bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT finding_pkey PRIMARY KEY,
    entity          text NOT NULL,
    key             text[] COLLATE "C" NOT NULL,
    verdict         text NOT NULL,
    fields          text[] NOT NULL DEFAULT '{}',
    cause           text NOT NULL,
    source_version  bigint,
    acked_version   bigint,
    target_version  bigint,
    source_digest   text,
    target_digest   text,
    mapping_version integer,
    first_run       bigint NOT NULL,
    last_run        bigint NOT NULL,
    first_seen      timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen       timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at       timestamptz,
    closed_by       text,
    CONSTRAINT finding_closed CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);
CREATE UNIQUE INDEX finding_open ON crossfade.finding (entity, key) WHERE closed_at IS NULL;
CREATE INDEX finding_open_by_id ON crossfade.finding (id) WHERE closed_at IS NULL;
CREATE INDEX finding_by_key ON crossfade.finding (entity, key, id);
CREATE INDEX finding_by_run ON crossfade.finding (last_run, id);

-- Since when a key has been delivered and not verified: as long ago as the oldest write that no
-- verification has seen. A write to the row changes neither the column nor the trigger's.
ALTER TABLE crossfade.ledger ADD COLUMN unverified_since timestamptz;
CREATE INDEX ledger_unverified ON crossfade.ledger (unverified_since)
    WHERE unverified_since IS NOT NULL;

CREATE FUNCTION crossfade.note_unverified() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.unverified_since := coalesce(OLD.unverified_since, OLD.dirty_since, clock_timestamp());
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_unverified BEFORE UPDATE OF acked ON crossfade.ledger
    FOR EACH ROW WHEN (NEW.acked > OLD.acked) EXECUTE FUNCTION crossfade.note_unverified();

-- Every write that was committed before `replicated_through` is in the target, and of every one
-- before `verified_through` the key was compared at that version or a later one; parked keys apart.
-- IS TRUE leaves the planner the indexes of dirty and of unverified keys alone.
CREATE VIEW crossfade.watermark AS
SELECT mapping.name AS entity,
       least(pending.since, now()) AS replicated_through,
       least(pending.since, unverified.since, now()) AS verified_through,
       unverified.keys AS unverified_keys
FROM crossfade.mapping
CROSS JOIN LATERAL (
    SELECT min(dirty_since) AS since FROM crossfade.ledger
    WHERE (entity = mapping.name) IS TRUE AND dirty_since IS NOT NULL AND parked_reason IS NULL
) AS pending
CROSS JOIN LATERAL (
    SELECT min(unverified_since) AS since, count(*) AS keys FROM crossfade.ledger
    WHERE (entity = mapping.name) IS TRUE AND unverified_since IS NOT NULL AND parked_reason IS NULL
) AS unverified;

REVOKE ALL ON crossfade.run, crossfade.finding, crossfade.watermark FROM PUBLIC;
REVOKE ALL ON FUNCTION crossfade.note_unverified() FROM PUBLIC;

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

-- How far verification follows the ledger: one row for each name.
CREATE TABLE crossfade.watermark (
    name       text CONSTRAINT watermark_pkey PRIMARY KEY,
    reached_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    progress   jsonb NOT NULL DEFAULT '{}'
);

REVOKE ALL ON ALL TABLES IN SCHEMA crossfade FROM PUBLIC;

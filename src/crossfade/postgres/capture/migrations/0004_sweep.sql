-- Tombstones that a sweep has seen: a version of a key whose row is gone. After `removed_at` the
-- target holds nothing for the key; its ledger row stays, so that a later row has a higher version.
CREATE TABLE crossfade.grave (
    entity     text NOT NULL,
    key        text[] COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_at timestamptz,
    CONSTRAINT grave_pkey PRIMARY KEY (entity, key)
);

-- Objects that a sweep has seen and that nothing named then. `removed_at` is set before the object
-- is removed; until the grace period has passed again, sweeps look whether it is missed.
CREATE TABLE crossfade.orphan (
    object_key text COLLATE "C" CONSTRAINT orphan_pkey PRIMARY KEY,
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_at timestamptz
);
CREATE INDEX orphan_removed ON crossfade.orphan (object_key) WHERE removed_at IS NOT NULL;

REVOKE ALL ON crossfade.grave, crossfade.orphan FROM PUBLIC;

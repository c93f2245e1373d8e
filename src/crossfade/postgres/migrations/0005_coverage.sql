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

REVOKE ALL ON crossfade.coverage FROM PUBLIC;

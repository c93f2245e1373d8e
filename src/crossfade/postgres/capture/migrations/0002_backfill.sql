-- What each entity's backfill was planned for; after another installation it must be planned anew.
CREATE TABLE crossfade.backfill (
    entity         text CONSTRAINT backfill_pkey PRIMARY KEY,
    activated_xid  xid8 NOT NULL,
    fingerprint    text NOT NULL,
    rows_estimated bigint NOT NULL,
    planned_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The windows of a table by its primary key: above the previous window's last key, up to and with
-- `through_key`. Keys are text, and compared by their columns' own types. A lease saves work: were
-- two processes to hold one window, the second put of each row would be refused.
CREATE TABLE crossfade.backfill_window (
    entity        text NOT NULL REFERENCES crossfade.backfill ON DELETE CASCADE,
    number        integer NOT NULL,
    last_key      text[] COLLATE "C",
    through_key   text[] COLLATE "C",
    turn          double precision NOT NULL DEFAULT random(),
    is_done       boolean NOT NULL DEFAULT false,
    lease         uuid,
    lease_until   timestamptz,
    worker        text,
    rows_read     bigint NOT NULL DEFAULT 0,
    rows_written  bigint NOT NULL DEFAULT 0,
    rows_skipped  bigint NOT NULL DEFAULT 0,
    rows_marked   bigint NOT NULL DEFAULT 0,
    rows_parked   bigint NOT NULL DEFAULT 0,
    bytes_written bigint NOT NULL DEFAULT 0,
    throttles     bigint NOT NULL DEFAULT 0,
    advanced_at   timestamptz,
    CONSTRAINT backfill_window_pkey PRIMARY KEY (entity, number)
);

CREATE VIEW crossfade.backfill_progress AS
SELECT backfill.entity,
       backfill.rows_estimated,
       count(*) AS windows,
       count(*) FILTER (WHERE part.is_done) AS windows_done,
       count(*) FILTER (WHERE part.lease_until > clock_timestamp()) AS windows_leased,
       sum(part.rows_read)::bigint AS rows_read,
       sum(part.rows_written)::bigint AS rows_written,
       sum(part.rows_skipped)::bigint AS rows_skipped,
       sum(part.rows_marked)::bigint AS rows_marked,
       sum(part.rows_parked)::bigint AS rows_parked,
       sum(part.bytes_written)::bigint AS bytes_written,
       sum(part.throttles)::bigint AS throttles,
       backfill.planned_at,
       max(part.advanced_at) AS advanced_at
FROM crossfade.backfill
JOIN crossfade.backfill_window AS part USING (entity)
GROUP BY backfill.entity;

REVOKE ALL ON crossfade.backfill, crossfade.backfill_window, crossfade.backfill_progress FROM PUBLIC;

-- What processes tell of themselves every few seconds. A row ends with its process; one that was
-- killed is silent, and forgotten after an hour. No host is named.
CREATE TABLE crossfade.process (
    id            uuid CONSTRAINT process_pkey PRIMARY KEY,
    jobs          text[] NOT NULL,
    stores_open   text[] NOT NULL,
    every_seconds double precision NOT NULL,
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Failures of each minute, by the class of the error, for 15 days.
CREATE TABLE crossfade.failure_minute (
    minute   timestamptz NOT NULL,
    entity   text NOT NULL,
    error    text NOT NULL,
    failures bigint NOT NULL,
    CONSTRAINT failure_minute_pkey PRIMARY KEY (minute, entity, error)
);

-- The keys that were dirty at each minute, parked ones apart, for 15 days.
CREATE TABLE crossfade.lag_sample (
    at                   timestamptz NOT NULL,
    entity               text NOT NULL,
    dirty                bigint NOT NULL,
    oldest_dirty_seconds double precision,
    CONSTRAINT lag_sample_pkey PRIMARY KEY (at, entity)
);

-- One row, written every few seconds while a relay runs and captured like the application's. The
-- next one sets out when the last one has arrived, so `previous_at` is one that has.
CREATE TABLE crossfade.canary (
    canary      text CONSTRAINT canary_pkey PRIMARY KEY,
    beaten_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    previous_at timestamptz
);

-- The processes that tell of themselves now.
CREATE VIEW crossfade.process_alive AS
SELECT id, jobs, stores_open, every_seconds, started_at, seen_at
FROM crossfade.process
WHERE seen_at > clock_timestamp() - make_interval(secs => 3 * every_seconds);

-- One row: the relays at work, and when the newest canary that has arrived set out; before the first
-- has arrived, when that one set out, so that its age grows if it never does.
CREATE VIEW crossfade.pulse AS
SELECT (SELECT count(*) FROM crossfade.process_alive WHERE 'relay' = ANY (jobs)) AS relays,
       (
           SELECT CASE WHEN known.dirty_since IS NULL THEN canary.beaten_at
                       ELSE coalesce(canary.previous_at, canary.beaten_at) END
           FROM crossfade.canary
           JOIN crossfade.ledger AS known
             ON known.entity = 'crossfade_canary' AND known.key = ARRAY[canary.canary]
       ) AS canary_at;

REVOKE ALL ON crossfade.process, crossfade.failure_minute, crossfade.lag_sample, crossfade.canary,
    crossfade.process_alive, crossfade.pulse FROM PUBLIC;

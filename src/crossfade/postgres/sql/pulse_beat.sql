-- Tells that a process lives, adds its failures to those of this minute, and forgets processes that
-- have been silent for long.
WITH seen AS (
    INSERT INTO crossfade.process AS known (id, jobs, stores_open, every_seconds)
    VALUES (%(id)s::uuid, %(jobs)s::text[], %(stores_open)s::text[], %(every_seconds)s)
    ON CONFLICT (id) DO UPDATE SET
        jobs = excluded.jobs, stores_open = excluded.stores_open, seen_at = clock_timestamp()
), counted AS (
    INSERT INTO crossfade.failure_minute AS known (minute, entity, error, failures)
    SELECT date_trunc('minute', now()), entity, error, failures
    FROM jsonb_to_recordset(%(failures)s::jsonb) AS told(entity text, error text, failures bigint)
    ORDER BY entity, error
    ON CONFLICT (minute, entity, error) DO UPDATE SET
        failures = known.failures + excluded.failures
)
DELETE FROM crossfade.process
WHERE seen_at < now() - make_interval(secs => %(forget_seconds)s) AND id <> %(id)s::uuid

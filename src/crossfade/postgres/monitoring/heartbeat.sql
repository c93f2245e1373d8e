-- name: canary_send
-- Writes the canary, unless its last write is not yet delivered or too recent. A parked canary is
-- written again.
INSERT INTO crossfade.canary AS known (canary) VALUES (%(canary)s)
ON CONFLICT (canary) DO UPDATE SET
    beaten_at = excluded.beaten_at,
    previous_at = CASE
        WHEN EXISTS (
            SELECT FROM crossfade.ledger AS mark
            WHERE mark.entity = %(entity)s AND mark.key = ARRAY[known.canary]
              AND mark.dirty_since IS NOT NULL)
        THEN coalesce(known.previous_at, known.beaten_at)
        ELSE known.beaten_at
    END
WHERE known.beaten_at < excluded.beaten_at - make_interval(secs => %(seconds)s)
  AND NOT EXISTS (
      SELECT FROM crossfade.ledger AS mark
      WHERE mark.entity = %(entity)s AND mark.key = ARRAY[known.canary]
        AND mark.dirty_since IS NOT NULL AND mark.parked_reason IS NULL)

-- name: heartbeat_write
-- Records that a process is alive, adds its failures to those of this minute, and deletes processes
-- that have not written for long.
WITH alive AS (
    INSERT INTO crossfade.process AS known (id, jobs, stores_open, every_seconds)
    VALUES (%(id)s::uuid, %(jobs)s::text[], %(stores_open)s::text[], %(every_seconds)s)
    ON CONFLICT (id) DO UPDATE SET
        jobs = excluded.jobs, stores_open = excluded.stores_open, seen_at = clock_timestamp()
), counted AS (
    INSERT INTO crossfade.failure_minute AS known (minute, entity, error, failures)
    SELECT date_trunc('minute', now()), entity, error, failures
    FROM jsonb_to_recordset(%(failures)s::jsonb)
         AS reported(entity text, error text, failures bigint)
    ORDER BY entity, error
    ON CONFLICT (minute, entity, error) DO UPDATE SET
        failures = known.failures + excluded.failures
)
DELETE FROM crossfade.process
WHERE seen_at < now() - make_interval(secs => %(forget_seconds)s) AND id <> %(id)s::uuid

-- name: heartbeat_delete
-- Deletes a process that ends.
DELETE FROM crossfade.process WHERE id = %(id)s::uuid

-- name: heartbeat_sample
-- Records the number of dirty keys of this minute unless another process has; deletes old samples.
WITH old_failures AS (
    DELETE FROM crossfade.failure_minute
    WHERE minute < now() - make_interval(days => %(kept_days)s)
), old_samples AS (
    DELETE FROM crossfade.lag_sample WHERE at < now() - make_interval(days => %(kept_days)s)
)
INSERT INTO crossfade.lag_sample (at, entity, dirty, oldest_dirty_seconds)
SELECT date_trunc('minute', now()), mapping.name, coalesce(waiting.dirty, 0),
       extract(epoch FROM now() - waiting.since)
FROM crossfade.mapping
LEFT JOIN (
    SELECT entity, count(*) AS dirty, min(dirty_since) AS since
    FROM crossfade.ledger
    WHERE dirty_since IS NOT NULL AND parked_reason IS NULL
    GROUP BY entity
) AS waiting ON waiting.entity = mapping.name
WHERE NOT EXISTS (SELECT FROM crossfade.lag_sample WHERE at = date_trunc('minute', now()))
ON CONFLICT (at, entity) DO NOTHING

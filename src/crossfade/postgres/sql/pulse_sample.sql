-- Keeps how many keys are dirty at this minute, unless another process has; forgets what is old.
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

-- Takes the request that is worked on if its worker has fallen silent, else the oldest one that waits
-- if none is worked on. Workers that come at once queue up for one row, and see then what it is.
WITH first AS MATERIALIZED (
    SELECT id FROM crossfade.request
    WHERE finished_at IS NULL
    ORDER BY state <> 'running', id
    LIMIT 1
    FOR UPDATE
)
UPDATE crossfade.request AS taken
SET state = 'running', worker = %(worker)s, attempts = attempts + 1,
    taken_at = clock_timestamp(),
    lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s)
FROM first
WHERE taken.id = first.id
  AND (taken.state = 'waiting' OR taken.lease_until < clock_timestamp())
RETURNING to_jsonb(taken)

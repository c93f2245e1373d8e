-- Takes the request that is worked on if its worker has fallen silent, else the oldest one that waits
-- if none is worked on. Of workers that come at once, the later ones find it taken.
UPDATE crossfade.request
SET state = 'running', worker = %(worker)s, attempts = attempts + 1,
    taken_at = clock_timestamp(),
    lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s)
WHERE id = (
    SELECT id FROM crossfade.request
    WHERE finished_at IS NULL
    ORDER BY state <> 'running', id
    LIMIT 1
) AND (state = 'waiting' OR lease_until < clock_timestamp())
RETURNING to_jsonb(request)

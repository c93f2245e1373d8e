-- name: request_ask
-- Asks for something, unless it is asked for already.
INSERT INTO crossfade.request (kind, arguments, requested_by)
VALUES (%(kind)s, %(arguments)s::jsonb, %(requested_by)s)
ON CONFLICT (kind, arguments) WHERE finished_at IS NULL DO NOTHING

-- name: request_done
-- Records what was done at once.
INSERT INTO crossfade.request (
    kind, arguments, requested_by, state, attempts, taken_at, finished_at, outcome)
VALUES (%(kind)s, %(arguments)s::jsonb, %(requested_by)s, 'done', 1, clock_timestamp(),
        clock_timestamp(), %(outcome)s)
RETURNING to_jsonb(request)

-- name: request_end
-- Ends a request that is this worker's; as waiting, it is given back.
UPDATE crossfade.request
SET state = %(state)s, outcome = %(outcome)s, lease_until = NULL,
    finished_at = CASE WHEN %(state)s <> 'waiting' THEN clock_timestamp() END,
    attempts = CASE WHEN %(state)s <> 'waiting' THEN attempts ELSE attempts - 1 END
WHERE id = %(id)s AND worker = %(worker)s AND state = 'running'

-- name: request_find
-- One request, or the newest ones.
SELECT to_jsonb(request) FROM crossfade.request
WHERE %(id)s::bigint IS NULL OR id = %(id)s
ORDER BY id DESC
LIMIT %(requests_max)s

-- name: request_open
SELECT to_jsonb(request) FROM crossfade.request
WHERE kind = %(kind)s AND arguments = %(arguments)s::jsonb AND finished_at IS NULL

-- name: request_renew
-- Keeps a request, and tells how far it has come.
UPDATE crossfade.request
SET lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s),
    outcome = coalesce(%(outcome)s, outcome)
WHERE id = %(id)s AND worker = %(worker)s AND state = 'running'

-- name: request_take
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

-- name: request_withdraw
UPDATE crossfade.request
SET state = 'withdrawn', finished_at = clock_timestamp(), outcome = %(outcome)s
WHERE id = %(id)s AND state = 'waiting'

-- name: revealed_find
SELECT content::text, expires_at FROM crossfade.revealed
WHERE request = %(request)s AND expires_at > clock_timestamp()

-- name: revealed_forget
DELETE FROM crossfade.revealed WHERE expires_at <= clock_timestamp()

-- name: revealed_keep
INSERT INTO crossfade.revealed (request, content, expires_at)
VALUES (%(request)s, %(content)s::jsonb,
        clock_timestamp() + make_interval(secs => %(seconds)s))
ON CONFLICT (request) DO UPDATE SET content = excluded.content, expires_at = excluded.expires_at

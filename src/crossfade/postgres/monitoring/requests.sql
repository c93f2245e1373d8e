-- name: request_create
-- Creates a request, unless an equal one is open.
INSERT INTO crossfade.request (kind, arguments, requested_by)
VALUES (%(kind)s, %(arguments)s::jsonb, %(requested_by)s)
ON CONFLICT (kind, arguments) WHERE finished_at IS NULL DO NOTHING

-- name: request_done
-- Records a request that was carried out at once.
INSERT INTO crossfade.request (
    kind, arguments, requested_by, state, attempts, taken_at, finished_at, outcome)
VALUES (%(kind)s, %(arguments)s::jsonb, %(requested_by)s, 'done', 1, clock_timestamp(),
        clock_timestamp(), %(outcome)s)
RETURNING to_jsonb(request)

-- name: request_end
-- Ends a request that this worker holds, or releases it as waiting.
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
-- Renews the lease of a request and records its progress.
UPDATE crossfade.request
SET lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s),
    outcome = coalesce(%(outcome)s, outcome)
WHERE id = %(id)s AND worker = %(worker)s AND state = 'running'

-- name: request_take
-- Leases the running request if its lease has expired, else the oldest waiting request if none is
-- running. Of concurrent workers, one wins.
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

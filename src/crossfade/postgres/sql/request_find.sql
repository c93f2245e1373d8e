-- One request, or the newest ones.
SELECT to_jsonb(request) FROM crossfade.request
WHERE %(id)s::bigint IS NULL OR id = %(id)s
ORDER BY id DESC
LIMIT %(requests_max)s

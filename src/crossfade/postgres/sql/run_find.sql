-- One run, or the newest ones.
SELECT to_jsonb(run) FROM crossfade.run
WHERE %(id)s::bigint IS NULL OR id = %(id)s
ORDER BY id DESC
LIMIT %(runs_max)s

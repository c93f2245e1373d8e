-- Open findings in the order of their discovery.
SELECT to_jsonb(finding) FROM crossfade.finding
WHERE closed_at IS NULL AND id > %(after)s
  AND (%(run)s::bigint IS NULL OR last_run = %(run)s)
  AND (%(before_run)s::bigint IS NULL OR last_run < %(before_run)s)
  AND (entity = ANY (%(entities)s) OR entity = '')
ORDER BY id
LIMIT %(findings_max)s

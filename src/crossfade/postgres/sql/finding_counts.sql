-- Open findings by verdict, of one run or of all.
SELECT verdict, count(*) FROM crossfade.finding
WHERE closed_at IS NULL AND (%(run)s::bigint IS NULL OR last_run = %(run)s)
  AND (entity = ANY (%(entities)s) OR entity = '')
GROUP BY verdict
ORDER BY verdict

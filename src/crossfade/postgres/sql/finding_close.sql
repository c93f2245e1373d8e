UPDATE crossfade.finding AS known
SET closed_at = clock_timestamp(), closed_by = %(closed_by)s
FROM jsonb_to_recordset(%(keys)s::jsonb) AS told(entity text, key text[])
WHERE known.entity = told.entity AND known.key = told.key AND known.closed_at IS NULL

UPDATE crossfade.grave AS known
SET removed_at = clock_timestamp()
FROM jsonb_to_recordset(%(graves)s::jsonb) AS told(entity text, key text[], version bigint)
WHERE known.entity = told.entity AND known.key = told.key AND known.version = told.version

INSERT INTO crossfade.grave AS known (entity, key, version)
SELECT entity, key, version
FROM jsonb_to_recordset(%(graves)s::jsonb) AS told(entity text, key text[], version bigint)
ORDER BY entity, key COLLATE "C"
ON CONFLICT (entity, key) DO UPDATE SET
    version = excluded.version, seen_at = excluded.seen_at, removed_at = NULL
WHERE known.version <> excluded.version

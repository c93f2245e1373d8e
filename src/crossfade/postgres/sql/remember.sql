INSERT INTO crossfade.object (object_key, entity, row_id, size_bytes)
SELECT object_key, entity, row_id, size_bytes
FROM jsonb_to_recordset(%(objects)s::jsonb)
     AS stored(object_key text, entity text, row_id text, size_bytes bigint)
ORDER BY object_key COLLATE "C"
ON CONFLICT (object_key) DO NOTHING

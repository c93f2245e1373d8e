SELECT object_key, extract(epoch FROM clock_timestamp() - removed_at)
FROM crossfade.orphan
WHERE removed_at IS NOT NULL AND object_key > %(after)s
ORDER BY object_key
LIMIT %(objects_max)s

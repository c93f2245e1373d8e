-- name: tombstones_close
UPDATE crossfade.grave AS known
SET removed_at = clock_timestamp()
FROM jsonb_to_recordset(%(graves)s::jsonb) AS told(entity text, key text[], version bigint)
WHERE known.entity = told.entity AND known.key = told.key AND known.version = told.version

-- name: tombstones_note
INSERT INTO crossfade.grave AS known (entity, key, version)
SELECT entity, key, version
FROM jsonb_to_recordset(%(graves)s::jsonb) AS told(entity text, key text[], version bigint)
ORDER BY entity, key COLLATE "C"
ON CONFLICT (entity, key) DO UPDATE SET
    version = excluded.version, seen_at = excluded.seen_at, removed_at = NULL
WHERE known.version <> excluded.version

-- name: tombstones_page
-- Clean keys whose row is gone, after one of them: what the target keeps for them is a tombstone.
-- It was written before it was first seen. A key that has been dirty for longer holds it back, and
-- so does an unfinished backfill: a page that it read may hold the row from before its deletion.
SELECT array_to_json(asked.key), asked.version,
       extract(epoch FROM clock_timestamp() - grave.seen_at),
       coalesce(grave.seen_at < (
           SELECT min(dirty_since) FROM crossfade.ledger
           WHERE dirty_since IS NOT NULL AND parked_reason IS NULL), true)
       AND NOT EXISTS (
           SELECT FROM crossfade.backfill_window AS part
           WHERE part.entity = {entity} AND NOT part.is_done)
FROM crossfade.ledger AS asked
LEFT JOIN crossfade.grave AS grave
    ON grave.entity = asked.entity AND grave.key = asked.key AND grave.version = asked.version
WHERE asked.entity = {entity} AND asked.dirty_since IS NULL
  AND grave.removed_at IS NULL
  AND (%(after)s::text[] IS NULL OR asked.key > %(after)s::text[])
  AND NOT EXISTS (SELECT FROM {table} AS source WHERE {is_same_row} AND {key} = asked.key)
ORDER BY asked.key
LIMIT %(keys_max)s

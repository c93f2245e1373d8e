-- name: tombstones_close
UPDATE crossfade.grave AS known
SET removed_at = clock_timestamp()
FROM jsonb_to_recordset(%(tombstones)s::jsonb) AS given(entity text, key text[], version bigint)
WHERE known.entity = given.entity AND known.key = given.key AND known.version = given.version

-- name: tombstones_note
INSERT INTO crossfade.grave AS known (entity, key, version)
SELECT entity, key, version
FROM jsonb_to_recordset(%(tombstones)s::jsonb) AS given(entity text, key text[], version bigint)
ORDER BY entity, key COLLATE "C"
ON CONFLICT (entity, key) DO UPDATE SET
    version = excluded.version, seen_at = excluded.seen_at, removed_at = NULL
WHERE known.version <> excluded.version

-- name: tombstones_page
-- Clean keys whose row is deleted, after one of them: the target holds a tombstone for each. It was
-- written before it was first seen. A key that has been dirty for longer keeps it, and so does an
-- unfinished backfill: a page that it read may hold the row from before the deletion.
SELECT array_to_json(known.key), known.version,
       extract(epoch FROM clock_timestamp() - tombstone.seen_at),
       coalesce(tombstone.seen_at < (
           SELECT min(dirty_since) FROM crossfade.ledger
           WHERE dirty_since IS NOT NULL AND parked_reason IS NULL), true)
       AND NOT EXISTS (
           SELECT FROM crossfade.backfill_window AS part
           WHERE part.entity = {entity} AND NOT part.is_done)
FROM crossfade.ledger AS known
LEFT JOIN crossfade.grave AS tombstone
    ON tombstone.entity = known.entity AND tombstone.key = known.key
   AND tombstone.version = known.version
WHERE known.entity = {entity} AND known.dirty_since IS NULL
  AND tombstone.removed_at IS NULL
  AND (%(after)s::text[] IS NULL OR known.key > %(after)s::text[])
  AND NOT EXISTS (SELECT FROM {table} AS source WHERE {is_same_row} AND {key} = known.key)
ORDER BY known.key
LIMIT %(keys_max)s

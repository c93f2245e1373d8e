-- name: orphans_mark_for_removal
UPDATE crossfade.orphan SET removed_at = clock_timestamp()
WHERE object_key = ANY (%(object_keys)s::text[])

-- name: orphans_states
-- For objects of one column: whether the row has the object's content or is not yet delivered, and
-- the keys of the row's items.
SELECT given.ordinal,
       extract(epoch FROM clock_timestamp() - orphan.seen_at),
       coalesce(bool_or(known.dirty_since IS NOT NULL), false)
           OR coalesce(bool_or(body.digest = given.digest), false),
       json_agg(DISTINCT array_to_json(known.key)::text) FILTER (WHERE known.key IS NOT NULL),
       json_agg(DISTINCT array_to_json(body.key)::text) FILTER (WHERE body.key IS NOT NULL)
FROM jsonb_to_recordset(%(objects)s::jsonb)
     AS given(ordinal integer, object_key text, lowest text[], above text[], digest text)
LEFT JOIN crossfade.orphan AS orphan ON orphan.object_key = given.object_key
LEFT JOIN crossfade.ledger AS known
    ON known.entity = {entity} AND known.key >= given.lowest AND known.key < given.above
LEFT JOIN LATERAL (
    SELECT {key} AS key, {digest} AS digest
    FROM {table} AS source
    WHERE {is_same_row}
) AS body ON true
GROUP BY given.ordinal, orphan.seen_at
ORDER BY given.ordinal

-- name: orphans_note
INSERT INTO crossfade.orphan (object_key)
SELECT unnest(%(object_keys)s::text[]) ORDER BY 1
ON CONFLICT (object_key) DO NOTHING

-- name: orphans_release
DELETE FROM crossfade.orphan WHERE object_key = ANY (%(object_keys)s::text[])

-- name: orphans_removed
SELECT object_key, extract(epoch FROM clock_timestamp() - removed_at)
FROM crossfade.orphan
WHERE removed_at IS NOT NULL AND object_key > %(after)s
ORDER BY object_key
LIMIT %(objects_max)s

-- name: orphans_mark_for_removal
UPDATE crossfade.orphan SET removed_at = clock_timestamp()
WHERE object_key = ANY (%(object_keys)s::text[])

-- name: orphans_states
-- Of objects of one column: whether the row's content is theirs or the row is on its way, and under
-- which keys the row has items. The upper bound of its ledger keys is not included.
SELECT asked.ordinal,
       extract(epoch FROM clock_timestamp() - orphan.seen_at),
       coalesce(bool_or(known.dirty_since IS NOT NULL), false)
           OR coalesce(bool_or(body.digest = asked.digest), false),
       json_agg(DISTINCT array_to_json(known.key)::text) FILTER (WHERE known.key IS NOT NULL),
       json_agg(DISTINCT array_to_json(body.key)::text) FILTER (WHERE body.key IS NOT NULL)
FROM jsonb_to_recordset(%(asked)s::jsonb)
     AS asked(ordinal integer, object_key text, key text[], above text[], digest text)
LEFT JOIN crossfade.orphan AS orphan ON orphan.object_key = asked.object_key
LEFT JOIN crossfade.ledger AS known
    ON known.entity = {entity} AND known.key >= asked.key AND known.key < asked.above
LEFT JOIN LATERAL (
    SELECT {key} AS key, {digest} AS digest
    FROM {table} AS source
    WHERE {is_same_row}
) AS body ON true
GROUP BY asked.ordinal, orphan.seen_at
ORDER BY asked.ordinal

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

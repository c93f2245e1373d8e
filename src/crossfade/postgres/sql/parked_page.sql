-- Parked keys in their order, after one of them, as one JSON document.
SELECT coalesce(json_agg(parked ORDER BY parked.entity, parked.key), '[]')::text
FROM (
    SELECT entity, key, version, attempts, dirty_since, parked_reason
    FROM crossfade.ledger
    WHERE parked_reason IS NOT NULL
      AND (entity, key) > (%(after_entity)s::text, %(after_key)s::text[])
    ORDER BY entity, key
    LIMIT %(keys_max)s
) AS parked

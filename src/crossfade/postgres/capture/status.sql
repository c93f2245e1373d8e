-- name: status
SELECT mapping.name, mapping.table_schema || '.' || mapping.table_name,
       mapping.mapping_version, mapping.activated_at,
       coalesce(keys.marked, 0), coalesce(keys.dirty, 0), coalesce(keys.parked, 0),
       extract(epoch FROM clock_timestamp() - keys.oldest)::double precision,
       coalesce(keys.attempts_max, 0),
       ARRAY(
           SELECT guard.table_schema || '.' || guard.table_name
           FROM crossfade.guard
           WHERE guard.entity = mapping.name AND NOT (guard.is_captured AND guard.refuses_truncate)
           ORDER BY 1)
FROM crossfade.mapping
LEFT JOIN (
    SELECT entity,
           count(*) AS marked,
           count(dirty_since) AS dirty,
           count(parked_reason) AS parked,
           min(dirty_since) AS oldest,
           max(attempts) AS attempts_max
    FROM crossfade.ledger
    GROUP BY entity
) AS keys ON keys.entity = mapping.name
ORDER BY mapping.name

-- name: unpark
-- A parked key that a writer has locked is skipped: the write unparks it.
WITH parked AS MATERIALIZED (
    SELECT entity, key
    FROM crossfade.ledger
    WHERE parked_reason IS NOT NULL
      AND entity = coalesce(%(entity)s, entity) AND key = coalesce(%(key)s::text[], key)
    ORDER BY entity, key
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE crossfade.ledger AS known
SET parked_reason = NULL, attempts = 0, faults = 0, next_attempt_at = clock_timestamp()
FROM parked
WHERE known.entity = parked.entity AND known.key = parked.key

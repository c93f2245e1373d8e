-- The newest run of a kind, if it did not come to its end, and how long it has been silent. What one
-- that ended was to cover is what it has covered and what it left out.
SELECT to_jsonb(newest), extract(epoch FROM clock_timestamp() - newest.seen_at)
FROM (
    SELECT run.*
    FROM crossfade.run
    CROSS JOIN LATERAL (
        SELECT run.entities || ARRAY(
            SELECT told.value ->> 'entity'
            FROM jsonb_array_elements(run.progress -> 'left_out') AS told
        ) AS entities
    ) AS asked
    WHERE run.kind = %(kind)s AND run.is_deep = %(is_deep)s
      AND asked.entities @> %(entities)s AND asked.entities <@ %(entities)s
    ORDER BY run.id DESC
    LIMIT 1
) AS newest
WHERE newest.state <> 'finished'

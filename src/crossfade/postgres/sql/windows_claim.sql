-- Takes a window that nobody holds, whichever entity and place it is of. A lane that takes one holds
-- none: what stands under its lease it took before, and never heard of it.
UPDATE crossfade.backfill_window AS part
SET lease = %(lease)s, worker = %(worker)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s)
FROM (
    SELECT entity, number
    FROM crossfade.backfill_window
    WHERE entity = ANY (%(entities)s) AND NOT is_done
      AND (lease = %(lease)s OR lease_until IS NULL OR lease_until < clock_timestamp())
    ORDER BY turn
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS free
WHERE part.entity = free.entity AND part.number = free.number
RETURNING part.entity, part.number, array_to_json(part.last_key), array_to_json(part.through_key)

-- name: windows_advance
-- Records a page whose rows have all been processed, if the caller still holds the window's lease.
UPDATE crossfade.backfill_window
SET last_key = coalesce(%(last_key)s::text[], last_key),
    is_done = %(is_done)s,
    lease = CASE WHEN %(is_done)s THEN NULL ELSE lease END,
    lease_until = CASE WHEN NOT %(is_done)s
                       THEN clock_timestamp() + make_interval(secs => %(lease_seconds)s) END,
    rows_read = rows_read + %(read)s,
    rows_written = rows_written + %(written)s,
    rows_skipped = rows_skipped + %(skipped)s,
    rows_marked = rows_marked + %(marked)s,
    rows_parked = rows_parked + %(parked)s,
    bytes_written = bytes_written + %(written_bytes)s,
    throttles = throttles + %(throttles)s,
    advanced_at = clock_timestamp()
WHERE entity = %(entity)s AND number = %(number)s AND lease = %(lease)s
RETURNING number

-- name: windows_behind
-- Keys whose items have a higher version than the ledger: it was lost or restored.
SELECT given.entity, array_to_json(given.key), given.item_version
FROM jsonb_to_recordset(%(keys)s::jsonb) AS given(entity text, key text[], item_version bigint)
LEFT JOIN crossfade.ledger AS known ON known.entity = given.entity AND known.key = given.key
WHERE known.version IS NULL OR known.version < given.item_version

-- name: windows_claim
-- Leases a window that no process holds, of any entity. A worker copies one window at a time: a
-- window that its lease already holds is one whose answer was lost, and is claimed again.
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

-- name: windows_delete
DELETE FROM crossfade.backfill WHERE entity = ANY (%(entities)s)

-- name: windows_unfinished
SELECT count(*) FROM crossfade.backfill_window WHERE entity = ANY (%(entities)s) AND NOT is_done

-- name: windows_plan
-- Plans an entity's windows unless it is planned; of concurrent processes, one wins.
WITH planned AS (
    INSERT INTO crossfade.backfill (entity, activated_xid, fingerprint, rows_estimated)
    SELECT name, activated_xid, fingerprint, %(rows_estimated)s
    FROM crossfade.mapping
    WHERE name = %(entity)s
    ON CONFLICT (entity) DO NOTHING
    RETURNING entity
)
INSERT INTO crossfade.backfill_window (entity, number, last_key, through_key)
SELECT planned.entity, part.number, part.last_key, part.through_key
FROM planned
CROSS JOIN jsonb_to_recordset(%(windows)s::jsonb)
    AS part(number integer, last_key text[], through_key text[])

-- name: windows_progress
SELECT entity, rows_estimated, windows, windows_done, windows_leased, rows_read, rows_written,
       rows_skipped, rows_marked, rows_parked, bytes_written, throttles
FROM crossfade.backfill_progress
WHERE entity = ANY (%(entities)s)
ORDER BY entity

-- name: windows_release
UPDATE crossfade.backfill_window
SET lease = NULL, lease_until = NULL
WHERE lease = ANY (%(leases)s::uuid[])

-- name: windows_renew
UPDATE crossfade.backfill_window
SET lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s)
WHERE lease = ANY (%(leases)s::uuid[]) AND NOT is_done

-- name: windows_status
-- What is installed for entities, and the tables whose writes are not captured now.
SELECT mapping.name, mapping.fingerprint, mapping.activated_xid::text,
       array_to_json(ARRAY(
           SELECT guard.table_schema || '.' || guard.table_name
           FROM crossfade.guard
           WHERE guard.entity = mapping.name AND NOT (guard.is_captured AND guard.refuses_truncate)
           ORDER BY 1)),
       backfill.fingerprint, backfill.activated_xid::text,
       to_regclass(format('%%I.%%I', mapping.table_schema, mapping.table_name)) IS NULL
FROM crossfade.mapping
LEFT JOIN crossfade.backfill ON backfill.entity = mapping.name
WHERE mapping.name = ANY (%(entities)s)

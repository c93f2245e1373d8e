-- name: backfill_read
-- The progress of the backfill of each mapping, as one JSON document; a backfill that was planned
-- for an earlier installation does not count.
SELECT coalesce(json_agg(entity ORDER BY entity.name), '[]')::text
FROM (
    SELECT mapping.name, progress.rows_estimated, coalesce(progress.windows, 0) AS windows,
           coalesce(progress.windows_done, 0) AS windows_done,
           coalesce(progress.windows_leased, 0) AS windows_leased,
           coalesce(progress.rows_read, 0) AS rows_read,
           coalesce(progress.rows_written, 0) AS rows_written,
           coalesce(progress.rows_skipped, 0) AS rows_skipped,
           coalesce(progress.rows_marked, 0) AS rows_marked,
           coalesce(progress.rows_parked, 0) AS rows_parked,
           coalesce(progress.bytes_written, 0) AS bytes_written,
           coalesce(progress.throttles, 0) AS throttles,
           progress.planned_at, progress.advanced_at
    FROM crossfade.mapping
    LEFT JOIN crossfade.backfill
      ON backfill.entity = mapping.name
     AND backfill.activated_xid = mapping.activated_xid
     AND backfill.fingerprint = mapping.fingerprint
    LEFT JOIN crossfade.backfill_progress AS progress ON progress.entity = backfill.entity
) AS entity

-- name: coverage_read
-- The compared buckets of each mapping and their age, as one JSON document.
SELECT coalesce(json_agg(entity ORDER BY entity.name), '[]')::text
FROM (
    SELECT mapping.name,
           coalesce(json_agg(json_build_object(
               'bucket', coverage.bucket,
               'seconds', extract(epoch FROM clock_timestamp() - coverage.verified_at),
               'keys', coverage.keys,
               'drifted', coverage.drifted
           ) ORDER BY coverage.bucket) FILTER (WHERE coverage.bucket IS NOT NULL), '[]') AS buckets
    FROM crossfade.mapping
    LEFT JOIN crossfade.coverage ON coverage.entity = mapping.name
    GROUP BY mapping.name
) AS entity

-- name: key_history
-- All records of one row, under every key that it had, as one JSON document; by the bounds of
-- `key_bounds`.
SELECT json_build_object(
    'taken_at', clock_timestamp(),
    'keys', (
        SELECT coalesce(json_agg(known ORDER BY known.key), '[]')
        FROM (
            SELECT entity, key, version, acked, dirty_since, unverified_since, attempts,
                   next_attempt_at, parked_reason
            FROM crossfade.ledger
            WHERE entity = %(entity)s
              AND key >= %(lowest)s::text[] AND key < %(above)s::text[]
        ) AS known),
    'findings', (
        SELECT coalesce(json_agg(found ORDER BY found.id DESC), '[]')
        FROM (
            SELECT id, entity, key, verdict, fields, cause, first_seen, last_seen, closed_at,
                   closed_by
            FROM crossfade.finding
            WHERE entity = %(entity)s
              AND key >= %(lowest)s::text[] AND key < %(above)s::text[]
            ORDER BY id DESC
            LIMIT %(facts_max)s
        ) AS found),
    'tombstones', (
        SELECT coalesce(json_agg(tombstone ORDER BY tombstone.key), '[]')
        FROM (
            SELECT key, version, seen_at, removed_at
            FROM crossfade.grave
            WHERE entity = %(entity)s
              AND key >= %(lowest)s::text[] AND key < %(above)s::text[]
        ) AS tombstone),
    'objects', (
        SELECT coalesce(json_agg(stored ORDER BY stored.uploaded_at DESC), '[]')
        FROM (
            SELECT object.object_key, object.size_bytes, object.uploaded_at
            FROM unnest(%(folders)s::text[]) AS folder
            JOIN crossfade.object
              ON object.object_key >= folder AND object.object_key < folder || 'g'
            ORDER BY object.uploaded_at DESC
            LIMIT %(facts_max)s
        ) AS stored),
    'reveals', (
        SELECT coalesce(json_agg(reveal ORDER BY reveal.requested_at DESC), '[]')
        FROM (
            SELECT requested_by, requested_at, state
            FROM crossfade.request
            WHERE kind = 'reveal' AND arguments ->> 'entity' = %(entity)s
              AND arguments -> 'key' ->> 0 = (%(lowest)s::text[])[1]
            ORDER BY id DESC
            LIMIT %(facts_max)s
        ) AS reveal)
)::text

-- name: parked_page
-- Parked keys in ascending order, after one of them, as one JSON document.
SELECT coalesce(json_agg(parked ORDER BY parked.entity, parked.key), '[]')::text
FROM (
    SELECT entity, key, version, attempts, dirty_since, parked_reason
    FROM crossfade.ledger
    WHERE parked_reason IS NOT NULL
      AND (entity, key) > (%(after_entity)s::text, %(after_key)s::text[])
    ORDER BY entity, key
    LIMIT %(keys_max)s
) AS parked

-- name: runs_since
-- Verification runs of a period, newest first, as one JSON document.
SELECT coalesce(json_agg(newest ORDER BY newest.id DESC), '[]')::text
FROM (
    SELECT id, kind, is_deep, state, started_at, finished_at, source_rows, target_items, equal_keys,
           lagging_keys, racing_keys, parked_keys, drifted_keys, orphan_objects, read_units,
           root_digest,
           ARRAY(SELECT skipped.value ->> 'entity'
                 FROM jsonb_array_elements(progress -> 'left_out') AS skipped) AS left_out
    FROM crossfade.run
    WHERE started_at > clock_timestamp() - make_interval(secs => %(seconds)s)
    ORDER BY id DESC
    LIMIT %(runs_max)s
) AS newest

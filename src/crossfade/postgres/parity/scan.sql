-- name: has_replayed
SELECT coalesce(pg_last_wal_replay_lsn() >= %(lsn)s::pg_lsn, NOT pg_is_in_recovery())

-- name: scan_page
-- Rows in the order of the primary key, each large column as its digest; refused when the table
-- has changed.
SELECT {values}
FROM {page}
ORDER BY {primary_key}

-- name: key_statuses
-- What the ledger says of keys, and whether their rows were written past the capture: later than
-- the last mark, or without one since the capture was activated. A row that is as its last mark left
-- it was captured, also inside a savepoint, whose number is above that of its transaction. The
-- transaction that will come next may be ahead of this snapshot; a row then only looks older than it
-- is.
SELECT asked.ordinal, coalesce(known.version, 0), coalesce(known.acked, 0),
       extract(epoch FROM clock_timestamp() - known.dirty_since), known.parked_reason,
       coalesce(age(source.xmin) < age_of.mark AND source.xmin IS DISTINCT FROM known.row_xmin,
                age(source.xmin) <= age_of.activation, false)
FROM jsonb_to_recordset(%(asked)s::jsonb) AS asked(ordinal integer, key text[])
LEFT JOIN crossfade.ledger AS known ON known.entity = {entity} AND known.key = asked.key
LEFT JOIN crossfade.mapping AS installed ON installed.name = {entity}
LEFT JOIN {table} AS source ON {is_same_row} AND {key} = asked.key
CROSS JOIN LATERAL (
    SELECT next.xid - known.xid::text::bigint AS mark,
           next.xid - installed.activated_xid::text::bigint AS activation
    FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xid) AS next
) AS age_of

-- name: written_lsn
SELECT pg_current_wal_insert_lsn()::text

-- name: has_replayed
SELECT coalesce(pg_last_wal_replay_lsn() >= %(lsn)s::pg_lsn, NOT pg_is_in_recovery())

-- name: scan_page
-- Rows in the order of the primary key, each large column as its digest; refused when the table has
-- changed.
SELECT {values}
FROM {page}
ORDER BY {primary_key}

-- name: key_statuses
-- The ledger status of keys, and whether their rows were written past the capture: later than the
-- last mark, or without a mark since the capture was activated. A row with the `xmin` of its last
-- mark was captured; inside a savepoint, that number is above the transaction's. Ages are counted
-- from the next transaction of this snapshot; a row that a later one wrote only seems older.
SELECT given.ordinal, coalesce(known.version, 0), coalesce(known.acked, 0),
       extract(epoch FROM clock_timestamp() - known.dirty_since), known.parked_reason,
       coalesce(age(source.xmin) < age_of.mark AND source.xmin IS DISTINCT FROM known.row_xmin,
                age(source.xmin) <= age_of.activation, false)
FROM jsonb_to_recordset(%(keys)s::jsonb) AS given(ordinal integer, key text[])
LEFT JOIN crossfade.ledger AS known ON known.entity = {entity} AND known.key = given.key
LEFT JOIN crossfade.mapping AS installed ON installed.name = {entity}
LEFT JOIN {table} AS source ON {is_same_row} AND {key} = given.key
CROSS JOIN LATERAL (
    SELECT next.xid - known.xid::text::bigint AS mark,
           next.xid - installed.activated_xid::text::bigint AS activation
    FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xid) AS next
) AS age_of

-- name: written_lsn
SELECT pg_current_wal_insert_lsn()::text

INSERT INTO crossfade.ledger AS known
    (entity, key, version, xid, row_xmin, dirty_since, next_attempt_at)
VALUES ({entity}, {key}, 1, pg_current_xact_id(), {row_xmin}, clock_timestamp(), clock_timestamp())
ON CONFLICT (entity, key) DO UPDATE SET
    version = known.version + 1,
    xid = excluded.xid,
    row_xmin = excluded.row_xmin,
    dirty_since = coalesce(known.dirty_since, excluded.dirty_since),
    attempts = 0,
    faults = 0,
    parked_reason = NULL,
    next_attempt_at = CASE
        WHEN known.dirty_since IS NULL OR known.attempts > 0 THEN excluded.next_attempt_at
        ELSE known.next_attempt_at
    END

-- name: capture_function
-- Marks the key of the row, and its previous key if that differs. AFTER, so that the version is
-- incremented while the row is locked: it then grows in commit order, through deletion and
-- re-insertion. Both keys belong to this row alone, so its lock also orders those of the ledger.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp {settings} AS $capture$
BEGIN
    IF TG_OP = 'DELETE' THEN
        {mark_old};
    ELSE
        IF TG_OP = 'UPDATE' AND {old_key} <> {new_key} THEN
            {mark_old};
        END IF;
        {mark_new};
    END IF;
    RETURN NULL;
END $capture$

-- name: create_capture_trigger
CREATE OR REPLACE TRIGGER {trigger} AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {function}()

-- name: create_truncate_trigger
CREATE OR REPLACE TRIGGER {trigger} BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION crossfade.refuse_truncate()

-- name: fire_always
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}

-- name: mark
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

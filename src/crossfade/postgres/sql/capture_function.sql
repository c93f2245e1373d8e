-- Marks the keys of OLD and NEW, each once, in key order. AFTER, so that the version is drawn while
-- the row is locked: it then grows in commit order, through deletion and re-insertion.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp {settings} AS $capture$
DECLARE
    old_key text[] COLLATE "C" := CASE WHEN TG_OP <> 'INSERT' THEN {old_key} END;
    new_key text[] COLLATE "C" := CASE WHEN TG_OP <> 'DELETE' THEN {new_key} END;
    marked  text[] COLLATE "C" := least(old_key, new_key);
    moment  timestamptz := clock_timestamp();
BEGIN
    LOOP
        INSERT INTO crossfade.ledger AS known
            (entity, key, version, xid, dirty_since, next_attempt_at)
        VALUES ({entity}, marked, 1, pg_current_xact_id(), moment, moment)
        ON CONFLICT (entity, key) DO UPDATE SET
            version = known.version + 1,
            xid = excluded.xid,
            dirty_since = coalesce(known.dirty_since, excluded.dirty_since),
            attempts = 0,
            faults = 0,
            parked_reason = NULL,
            next_attempt_at = CASE
                WHEN known.dirty_since IS NULL OR known.attempts > 0 THEN excluded.next_attempt_at
                ELSE known.next_attempt_at
            END;
        EXIT WHEN marked = greatest(old_key, new_key);
        marked := greatest(old_key, new_key);
    END LOOP;
    RETURN NULL;
END $capture$

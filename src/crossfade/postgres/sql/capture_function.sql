-- Marks the key of the row, and the one it had before if that is another. AFTER, so that the version
-- is drawn while the row is locked: it then grows in commit order, through deletion and
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

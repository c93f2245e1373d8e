-- Ends a statement that reads rows of a table which has changed. STABLE, so that it is called once a
-- statement and not once a row; what it is given is never constant, so that planning calls it never.
CREATE FUNCTION crossfade.is_as_installed(holds boolean) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT holds THEN
        RAISE EXCEPTION 'a mapped table is not as it was installed' USING ERRCODE = 'CF001';
    END IF;
    RETURN true;
END $$;

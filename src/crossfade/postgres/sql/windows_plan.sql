-- Plans an entity's windows, unless it is planned: of processes that do so at once, one wins.
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

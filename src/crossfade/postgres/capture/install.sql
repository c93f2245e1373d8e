-- name: activate
-- The installer holds the triggers' locks: every writer of the table has ended, and none can begin.
UPDATE crossfade.mapping
SET activated_at = clock_timestamp(), activated_xid = pg_snapshot_xmax(pg_current_snapshot())
WHERE name = %(entity)s

-- name: guards
SELECT table_schema, table_name, is_root, is_captured, refuses_truncate
FROM crossfade.guard
WHERE entity = %(entity)s
ORDER BY is_root DESC, table_schema, table_name

-- name: record_mapping
-- Records a mapping; returns the previous record, and whether the ledger has keys of the mapping.
WITH before AS (
    SELECT name, key_form, fingerprint FROM crossfade.mapping WHERE name = %(entity)s
), recorded AS (
    INSERT INTO crossfade.mapping
        (name, table_schema, table_name, key_form, fingerprint, mapping_version, table_shape)
    VALUES (%(entity)s, %(schema)s, %(table)s, %(key_form)s, %(fingerprint)s, %(version)s,
            %(table_shape)s)
    ON CONFLICT (name) DO UPDATE SET
        table_schema = excluded.table_schema,
        table_name = excluded.table_name,
        key_form = excluded.key_form,
        fingerprint = excluded.fingerprint,
        mapping_version = excluded.mapping_version,
        table_shape = excluded.table_shape
)
SELECT before.key_form, before.fingerprint,
       EXISTS (SELECT FROM crossfade.ledger WHERE entity = %(entity)s) AS has_keys
FROM (SELECT) AS always LEFT JOIN before ON true

-- name: revoke_function
REVOKE ALL ON FUNCTION {function}() FROM PUBLIC

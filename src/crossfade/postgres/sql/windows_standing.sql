-- What is installed for entities, and the tables whose writes are not captured at this moment.
SELECT mapping.name, mapping.fingerprint, mapping.activated_xid::text,
       array_to_json(ARRAY(
           SELECT guard.table_schema || '.' || guard.table_name
           FROM crossfade.guard
           WHERE guard.entity = mapping.name AND NOT (guard.is_captured AND guard.refuses_truncate)
           ORDER BY 1)),
       backfill.fingerprint, backfill.activated_xid::text,
       to_regclass(format('%%I.%%I', mapping.table_schema, mapping.table_name)) IS NULL
FROM crossfade.mapping
LEFT JOIN crossfade.backfill ON backfill.entity = mapping.name
WHERE mapping.name = ANY (%(entities)s)

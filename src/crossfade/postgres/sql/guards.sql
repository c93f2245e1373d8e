SELECT table_schema, table_name, is_root, is_captured, refuses_truncate
FROM crossfade.guard
WHERE entity = %(entity)s
ORDER BY is_root DESC, table_schema, table_name

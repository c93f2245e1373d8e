-- name: catalog
-- What the catalog holds about tables: one row per column, one row for a table that does not exist.
SELECT given.schema, given.table_name, class.relkind,
       {table_shape},
       EXISTS (SELECT FROM pg_inherits AS child
               WHERE child.inhparent = class.oid AND class.relkind = 'r') AS has_children,
       attribute.attname, format_type(attribute.atttypid, attribute.atttypmod),
       attribute.attnotnull,
       array_position(primary_key.indkey::int2[], attribute.attnum) IS NOT NULL AS is_in_primary_key
FROM unnest(%(schemas)s::text[], %(tables)s::text[]) AS given(schema, table_name)
LEFT JOIN pg_namespace AS namespace ON namespace.nspname = given.schema
LEFT JOIN pg_class AS class
  ON class.relnamespace = namespace.oid AND class.relname = given.table_name
LEFT JOIN pg_attribute AS attribute
  ON attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
LEFT JOIN pg_index AS primary_key
  ON primary_key.indrelid = class.oid AND primary_key.indisprimary
ORDER BY given.schema, given.table_name, attribute.attnum

-- name: table_shape
(
    SELECT md5(
        string_agg(
            concat_ws(' ', attribute.attnum, attribute.attname, attribute.atttypid,
                      attribute.atttypmod, attribute.attnotnull),
            ',' ORDER BY attribute.attnum)
        || coalesce((SELECT primary_key.indkey::text FROM pg_index AS primary_key
                     WHERE primary_key.indrelid = {table} AND primary_key.indisprimary), ''))
    FROM pg_attribute AS attribute
    WHERE attribute.attrelid = {table} AND attribute.attnum > 0 AND NOT attribute.attisdropped
)

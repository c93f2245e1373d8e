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

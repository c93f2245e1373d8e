-- Rows in the order of the primary key, each large column as its digest; refused when the table
-- has changed.
SELECT {values}
FROM (
    SELECT * FROM {table} AS source
    WHERE {after} AND {is_as_installed}
    ORDER BY {primary_key}
    LIMIT %(rows_max)s
) AS source
ORDER BY {primary_key}

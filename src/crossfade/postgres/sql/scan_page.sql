-- Rows in the order of the primary key, each large column as its digest.
SELECT {values}
FROM (
    SELECT * FROM {table} AS source
    WHERE {after}
    ORDER BY {primary_key}
    LIMIT %(rows_max)s
) AS source
ORDER BY {primary_key}

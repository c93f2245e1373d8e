-- name: keyset_page
-- A page of a table in the order of its primary key.
(
    SELECT * FROM {table} AS source
    WHERE {conditions}
    ORDER BY {primary_key}
    LIMIT %(rows_max)s
) AS source

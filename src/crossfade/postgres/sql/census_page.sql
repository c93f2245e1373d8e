-- Rows in the order of the primary key, without the ledger, which may not be there yet.
SELECT array_to_json({key}), false, extract(epoch FROM now()), {values}
FROM (
    SELECT * FROM {table} AS source
    WHERE {bounds}
    ORDER BY {primary_key}
    LIMIT %(rows_max)s
) AS source
{digests}
ORDER BY {primary_key}

-- Rows of a window in the order of the primary key, in one snapshot with the ledger; refused when
-- the table has changed. A key that has
-- a ledger row is the relay's. LATERAL keeps the planner from going through an entity's whole ledger
-- for each row, as the statistics of an empty one would have it.
SELECT array_to_json({key}), known.key IS NOT NULL, extract(epoch FROM now()), {values}
FROM (
    SELECT * FROM {table} AS source
    WHERE {bounds} AND {is_as_installed}
    ORDER BY {primary_key}
    LIMIT %(rows_max)s
) AS source
LEFT JOIN LATERAL (
    SELECT ledger.key FROM crossfade.ledger
    WHERE ledger.entity = {entity} AND ledger.key = {key}
    OFFSET 0
) AS known ON true
{digests}
ORDER BY {primary_key}

-- Rows and versions of keys, in one snapshot; refused when the table has changed. A row counts only under the key it has now; under any
-- other, such as the one it has moved from, it is gone.
SELECT asked.ordinal, coalesce(known.version, 0), coalesce(known.attempts, 0),
       extract(epoch FROM now()), {is_there}, {values}
FROM jsonb_to_recordset(%(asked)s::jsonb) AS asked(ordinal integer, key text[], row_id text)
LEFT JOIN crossfade.ledger AS known ON known.entity = {entity} AND known.key = asked.key
LEFT JOIN {table} AS source ON {is_same_row} AND {key} = asked.key
{digests}
WHERE {is_as_installed}

-- name: key_of_row
SELECT array_to_json({key})
FROM (SELECT %(key)s::text[]) AS given(key)
JOIN {table} AS source ON {is_same_row}

-- name: ledger_rows
-- Every key that a row ever had in the ledger, by the bounds of `key_bounds`.
SELECT array_to_json(known.key), to_jsonb(known)
FROM crossfade.ledger AS known
WHERE known.entity = %(entity)s
  AND known.key >= %(lowest)s::text[] AND known.key < %(above)s::text[]
ORDER BY known.key

SELECT array_to_json({key})
FROM (SELECT %(key)s::text[]) AS asked(key)
JOIN {table} AS source ON {is_same_row}

SELECT source.{column}
FROM (SELECT %(key)s::text[]) AS asked(key)
JOIN {table} AS source ON {is_same_row} AND {key} = asked.key

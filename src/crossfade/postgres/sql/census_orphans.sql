SELECT count(*) FROM {table} AS source
WHERE {is_given} AND NOT EXISTS (SELECT FROM {parent} AS parent WHERE {is_parent})

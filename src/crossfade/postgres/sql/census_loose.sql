-- Columns in which PostgreSQL takes different spellings for equal.
SELECT attribute.attname
FROM pg_attribute AS attribute
JOIN pg_type AS type ON type.oid = attribute.atttypid
LEFT JOIN pg_collation AS rule ON rule.oid = attribute.attcollation
WHERE attribute.attrelid = {table}::regclass AND attribute.attname = ANY (%(columns)s)
  AND (type.typname = 'citext' OR NOT rule.collisdeterministic)
ORDER BY attribute.attnum

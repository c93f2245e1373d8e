-- name: census_nondeterministic
-- Columns whose type or collation compares different texts as equal.
SELECT attribute.attname
FROM pg_attribute AS attribute
JOIN pg_type AS type ON type.oid = attribute.atttypid
LEFT JOIN pg_collation AS rule ON rule.oid = attribute.attcollation
WHERE attribute.attrelid = {table}::regclass AND attribute.attname = ANY (%(columns)s)
  AND (type.typname = 'citext' OR NOT rule.collisdeterministic)
ORDER BY attribute.attnum

-- name: census_orphans
SELECT count(*) FROM {table} AS source
WHERE {is_given} AND NOT EXISTS (SELECT FROM {parent} AS parent WHERE {is_parent})

-- name: census_rules
-- Constraints that the target does not enforce: unique, exclusion, check and foreign-key.
SELECT conname, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE conrelid = {table}::regclass AND contype IN ('u', 'x', 'c', 'f')
UNION ALL
SELECT indexrelid::regclass::text,
       'UNIQUE INDEX ' || substring(pg_get_indexdef(indexrelid) FROM ' USING .*')
FROM pg_index
WHERE indrelid = {table}::regclass AND indisunique AND NOT indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY 1

-- name: census_spellings
-- Number of values that PostgreSQL compares as equal and DynamoDB as different keys.
SELECT count(*) FROM (
    SELECT FROM {table} AS source
    GROUP BY source.{column}
    HAVING count(DISTINCT convert_to(source.{column}::text, 'UTF8')) > 1
) AS duplicates

-- name: census_unvalidated
-- Foreign keys that were never validated: their rows may reference rows that do not exist.
SELECT foreign_key.conname, namespace.nspname, parent.relname,
       array_to_json(ARRAY(
           SELECT attname FROM unnest(conkey) WITH ORDINALITY AS part(number, position)
           JOIN pg_attribute ON attrelid = conrelid AND attnum = part.number ORDER BY position)),
       array_to_json(ARRAY(
           SELECT attname FROM unnest(confkey) WITH ORDINALITY AS part(number, position)
           JOIN pg_attribute ON attrelid = confrelid AND attnum = part.number ORDER BY position))
FROM pg_constraint AS foreign_key
JOIN pg_class AS parent ON parent.oid = foreign_key.confrelid
JOIN pg_namespace AS namespace ON namespace.oid = parent.relnamespace
WHERE foreign_key.conrelid = {table}::regclass
  AND foreign_key.contype = 'f' AND NOT foreign_key.convalidated
ORDER BY foreign_key.conname

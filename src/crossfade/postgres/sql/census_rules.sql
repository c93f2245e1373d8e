-- What the target does not enforce: unique, exclusion, check and foreign-key rules of a table.
SELECT conname, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE conrelid = {table}::regclass AND contype IN ('u', 'x', 'c', 'f')
UNION ALL
SELECT indexrelid::regclass::text, 'UNIQUE INDEX ' || substring(pg_get_indexdef(indexrelid) FROM ' USING .*')
FROM pg_index
WHERE indrelid = {table}::regclass AND indisunique AND NOT indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY 1

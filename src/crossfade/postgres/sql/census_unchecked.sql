-- Foreign keys that were never validated: their rows may point to nothing.
SELECT foreign_key.conname, namespace.nspname, parent.relname,
       array_to_json(ARRAY(
           SELECT attname FROM unnest(conkey) WITH ORDINALITY AS part(number, place)
           JOIN pg_attribute ON attrelid = conrelid AND attnum = part.number ORDER BY place)),
       array_to_json(ARRAY(
           SELECT attname FROM unnest(confkey) WITH ORDINALITY AS part(number, place)
           JOIN pg_attribute ON attrelid = confrelid AND attnum = part.number ORDER BY place))
FROM pg_constraint AS foreign_key
JOIN pg_class AS parent ON parent.oid = foreign_key.confrelid
JOIN pg_namespace AS namespace ON namespace.oid = parent.relnamespace
WHERE foreign_key.conrelid = {table}::regclass
  AND foreign_key.contype = 'f' AND NOT foreign_key.convalidated
ORDER BY foreign_key.conname

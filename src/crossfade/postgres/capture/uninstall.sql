-- name: dirty_count
SELECT count(*) FROM crossfade.ledger
WHERE dirty_since IS NOT NULL AND entity <> 'crossfade_canary'

-- name: drop_schema
DROP SCHEMA crossfade CASCADE

-- name: drop_trigger
DROP TRIGGER {trigger} ON {table}

-- name: is_installed
SELECT to_regclass('crossfade.ledger') IS NOT NULL

-- name: triggers
-- Triggers on tables outside the schema with a function in it; a clone is dropped with its parent.
SELECT namespace.nspname, class.relname, trigger.tgname
FROM pg_trigger AS trigger
JOIN pg_class AS class ON class.oid = trigger.tgrelid
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_proc AS function ON function.oid = trigger.tgfoid
WHERE function.pronamespace = to_regnamespace('crossfade')
  AND class.relnamespace <> function.pronamespace
  AND trigger.tgparentid = 0
ORDER BY namespace.nspname, class.relname, trigger.tgname

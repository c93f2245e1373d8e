-- One row for each key that was ever written. A key is dirty while version > acked.
CREATE TABLE crossfade.ledger (
    entity          text NOT NULL,
    key             text[] COLLATE "C" NOT NULL,
    version         bigint NOT NULL,
    acked           bigint NOT NULL DEFAULT 0,
    xid             xid8 NOT NULL,
    dirty_since     timestamptz,
    attempts        integer NOT NULL DEFAULT 0,
    faults          integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    parked_reason   text,
    CONSTRAINT ledger_pkey PRIMARY KEY (entity, key),
    CONSTRAINT ledger_dirty_since CHECK ((version > acked) = (dirty_since IS NOT NULL))
) WITH (fillfactor = 70);

-- No column of this index, nor of its condition, changes when a dirty key is written again: such a
-- write stays within its page (a heap-only update) and adds no index entry. `version > acked` as
-- the condition would undo that.
CREATE INDEX ledger_due ON crossfade.ledger (next_attempt_at)
    WHERE dirty_since IS NOT NULL AND parked_reason IS NULL;

-- Objects known to be in the object store.
CREATE TABLE crossfade.object (
    object_key  text COLLATE "C" CONSTRAINT object_pkey PRIMARY KEY,
    entity      text NOT NULL,
    row_id      text NOT NULL,
    size_bytes  bigint NOT NULL,
    uploaded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What is installed. The writes of every transaction from `activated_xid` on were captured.
CREATE TABLE crossfade.mapping (
    name            text CONSTRAINT mapping_pkey PRIMARY KEY,
    table_schema    text NOT NULL,
    table_name      text NOT NULL,
    key_form        text NOT NULL,
    fingerprint     text NOT NULL,
    mapping_version integer NOT NULL,
    activated_at    timestamptz,
    activated_xid   xid8
);

CREATE FUNCTION crossfade.refuse_truncate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE of %.% is refused: it removes rows without naming them',
            quote_ident(TG_TABLE_SCHEMA), quote_ident(TG_TABLE_NAME)
        USING ERRCODE = 'feature_not_supported',
              HINT = 'Use DELETE, so that every removed row reaches the target, '
                     'or run `crossfade uninstall` first.';
END $$;

-- Every table whose writes must be captured, partitions included. 'A' is a trigger that fires
-- always: for replicated rows too, and under session_replication_role = replica.
CREATE VIEW crossfade.guard AS
SELECT mapping.name AS entity,
       coalesce(namespace.nspname, mapping.table_schema) AS table_schema,
       coalesce(class.relname, mapping.table_name) AS table_name,
       class.oid IS NOT DISTINCT FROM root.oid AS is_root,
       EXISTS (
           SELECT FROM pg_trigger AS trigger
           WHERE trigger.tgrelid = class.oid AND trigger.tgenabled = 'A'
             AND trigger.tgfoid = to_regprocedure(
                 'crossfade.' || quote_ident('capture_' || mapping.name) || '()')
       ) AS is_captured,
       EXISTS (
           SELECT FROM pg_trigger AS trigger
           WHERE trigger.tgrelid = class.oid AND trigger.tgenabled = 'A'
             AND trigger.tgfoid = to_regprocedure('crossfade.refuse_truncate()')
       ) AS refuses_truncate
FROM crossfade.mapping
CROSS JOIN LATERAL (
    SELECT to_regclass(format('%I.%I', mapping.table_schema, mapping.table_name))::oid AS oid
) AS root
LEFT JOIN LATERAL (
    SELECT root.oid AS oid
    UNION
    SELECT tree.relid::oid FROM pg_partition_tree(root.oid) AS tree
) AS member ON true
LEFT JOIN pg_class AS class ON class.oid = member.oid
LEFT JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace;

REVOKE ALL ON ALL TABLES IN SCHEMA crossfade FROM PUBLIC;
REVOKE ALL ON FUNCTION crossfade.refuse_truncate() FROM PUBLIC;
REVOKE ALL ON SCHEMA crossfade FROM PUBLIC;

-- name: create_schema
CREATE SCHEMA IF NOT EXISTS crossfade;
CREATE TABLE IF NOT EXISTS crossfade.schema_version (
    version    integer CONSTRAINT schema_version_pkey PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- name: record_migration
INSERT INTO crossfade.schema_version (version) VALUES (%(version)s)

-- name: applied_migrations
SELECT version FROM crossfade.schema_version

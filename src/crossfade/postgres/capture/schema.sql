-- name: create_schema
CREATE SCHEMA IF NOT EXISTS crossfade;
CREATE TABLE IF NOT EXISTS crossfade.schema_version (
    version    integer CONSTRAINT schema_version_pkey PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- name: record_schema_step
INSERT INTO crossfade.schema_version (version) VALUES (%(version)s)

-- name: schema_steps
SELECT version FROM crossfade.schema_version

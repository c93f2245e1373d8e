SELECT version FROM crossfade.schema_version

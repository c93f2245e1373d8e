SELECT coalesce(max(version), 0) FROM crossfade.schema_version

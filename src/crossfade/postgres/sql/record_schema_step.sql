INSERT INTO crossfade.schema_version (version) VALUES (%(version)s)

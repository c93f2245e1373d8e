INSERT INTO crossfade.run (kind, entities, is_deep, progress)
VALUES (%(kind)s, %(entities)s, %(is_deep)s, coalesce(%(progress)s::jsonb, '{}'))
RETURNING to_jsonb(run)

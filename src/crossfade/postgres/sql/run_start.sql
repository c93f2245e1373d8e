INSERT INTO crossfade.run (kind, entities, is_deep)
VALUES (%(kind)s, %(entities)s, %(is_deep)s)
RETURNING to_jsonb(run)

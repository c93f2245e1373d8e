INSERT INTO crossfade.orphan (object_key)
SELECT unnest(%(object_keys)s::text[]) ORDER BY 1
ON CONFLICT (object_key) DO NOTHING

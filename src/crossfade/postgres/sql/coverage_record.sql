-- Notes which parts of an entity's keys a run compared. What a later run knows is left alone.
INSERT INTO crossfade.coverage AS known (entity, bucket, verified_at, keys, drifted, run)
SELECT %(entity)s, part.ordinality - 1, run.started_at,
       (part.value ->> 'keys')::bigint, (part.value ->> 'drifted')::bigint, run.id
FROM crossfade.run
CROSS JOIN jsonb_array_elements(%(parts)s::jsonb) WITH ORDINALITY AS part
WHERE run.id = %(run)s
ON CONFLICT (entity, bucket) DO UPDATE
SET verified_at = excluded.verified_at,
    keys = excluded.keys,
    drifted = excluded.drifted,
    run = excluded.run
WHERE known.verified_at <= excluded.verified_at

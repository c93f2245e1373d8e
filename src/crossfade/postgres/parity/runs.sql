-- name: coverage_record
-- Records which parts of an entity's keys a run compared. Records of later runs are kept.
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

-- name: run_advance
UPDATE crossfade.run
SET seen_at = clock_timestamp(),
    state = %(state)s,
    finished_at = CASE WHEN %(state)s <> 'running' THEN clock_timestamp() END,
    entities = coalesce(%(entities)s, entities),
    root_digest = coalesce(%(root_digest)s, root_digest),
    progress = coalesce(%(progress)s::jsonb, progress),
    source_rows = %(source_rows)s,
    target_items = %(target_items)s,
    equal_keys = %(equal_keys)s,
    lagging_keys = %(lagging_keys)s,
    racing_keys = %(racing_keys)s,
    parked_keys = %(parked_keys)s,
    drifted_keys = %(drifted_keys)s,
    orphan_objects = %(orphan_objects)s,
    read_units = %(read_units)s
WHERE id = %(id)s
RETURNING to_jsonb(run)

-- name: run_find
-- One run, or the newest ones.
SELECT to_jsonb(run) FROM crossfade.run
WHERE %(id)s::bigint IS NULL OR id = %(id)s
ORDER BY id DESC
LIMIT %(runs_max)s

-- name: run_start
INSERT INTO crossfade.run (kind, entities, is_deep, progress)
VALUES (%(kind)s, %(entities)s, %(is_deep)s, coalesce(%(progress)s::jsonb, '{}'))
RETURNING to_jsonb(run)

-- name: run_unfinished
-- The newest run of a kind, if it is unfinished, and the time since it last reported. The entities
-- that a run was started for are those that it covered and those that it skipped.
SELECT to_jsonb(newest), extract(epoch FROM clock_timestamp() - newest.seen_at)
FROM (
    SELECT run.*
    FROM crossfade.run
    CROSS JOIN LATERAL (
        SELECT run.entities || ARRAY(
            SELECT skipped.value ->> 'entity'
            FROM jsonb_array_elements(run.progress -> 'left_out') AS skipped
        ) AS entities
    ) AS started_for
    WHERE run.kind = %(kind)s AND run.is_deep = %(is_deep)s
      AND started_for.entities @> %(entities)s AND started_for.entities <@ %(entities)s
    ORDER BY run.id DESC
    LIMIT 1
) AS newest
WHERE newest.state <> 'finished'

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

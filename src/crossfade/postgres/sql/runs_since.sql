-- Verification runs of a while, newest first, as one JSON document.
SELECT coalesce(json_agg(newest ORDER BY newest.id DESC), '[]')::text
FROM (
    SELECT id, kind, is_deep, state, started_at, finished_at, source_rows, target_items, equal_keys,
           lagging_keys, racing_keys, parked_keys, drifted_keys, orphan_objects, read_units,
           root_digest,
           ARRAY(SELECT told.value ->> 'entity'
                 FROM jsonb_array_elements(progress -> 'left_out') AS told) AS left_out
    FROM crossfade.run
    WHERE started_at > clock_timestamp() - make_interval(secs => %(seconds)s)
    ORDER BY id DESC
    LIMIT %(runs_max)s
) AS newest

-- The newest run of a kind, if it did not come to its end, and how long it has been silent.
SELECT to_jsonb(newest), extract(epoch FROM clock_timestamp() - newest.seen_at)
FROM (
    SELECT * FROM crossfade.run
    WHERE kind = %(kind)s AND entities = %(entities)s AND is_deep = %(is_deep)s
    ORDER BY id DESC
    LIMIT 1
) AS newest
WHERE newest.state <> 'finished'

-- All that the ledger's schema remembers of one row, under every key it had, as one JSON document;
-- see dirty_of.sql on why these bounds find them all.
SELECT json_build_object(
    'taken_at', clock_timestamp(),
    'keys', (
        SELECT coalesce(json_agg(known ORDER BY known.key), '[]')
        FROM (
            SELECT entity, key, version, acked, dirty_since, unverified_since, attempts,
                   next_attempt_at, parked_reason
            FROM crossfade.ledger
            WHERE entity = %(entity)s
              AND key >= %(lowest)s::text[] AND key < %(above)s::text[]
        ) AS known),
    'findings', (
        SELECT coalesce(json_agg(found ORDER BY found.id DESC), '[]')
        FROM (
            SELECT id, entity, key, verdict, fields, cause, first_seen, last_seen, closed_at,
                   closed_by
            FROM crossfade.finding
            WHERE entity = %(entity)s
              AND key >= %(lowest)s::text[] AND key < %(above)s::text[]
            ORDER BY id DESC
            LIMIT %(facts_max)s
        ) AS found),
    'graves', (
        SELECT coalesce(json_agg(grave ORDER BY grave.key), '[]')
        FROM (
            SELECT key, version, seen_at, removed_at
            FROM crossfade.grave
            WHERE entity = %(entity)s
              AND key >= %(lowest)s::text[] AND key < %(above)s::text[]
        ) AS grave),
    'objects', (
        SELECT coalesce(json_agg(stored ORDER BY stored.uploaded_at DESC), '[]')
        FROM (
            SELECT object.object_key, object.size_bytes, object.uploaded_at
            FROM unnest(%(folders)s::text[]) AS folder
            JOIN crossfade.object
              ON object.object_key >= folder AND object.object_key < folder || 'g'
            ORDER BY object.uploaded_at DESC
            LIMIT %(facts_max)s
        ) AS stored),
    'reveals', (
        SELECT coalesce(json_agg(told ORDER BY told.requested_at DESC), '[]')
        FROM (
            SELECT requested_by, requested_at, state
            FROM crossfade.request
            WHERE kind = 'reveal' AND arguments ->> 'entity' = %(entity)s
              AND arguments -> 'key' ->> 0 = (%(lowest)s::text[])[1]
            ORDER BY id DESC
            LIMIT %(facts_max)s
        ) AS told)
)::text

-- name: body
SELECT source.{column}
FROM (SELECT %(key)s::text[]) AS given(key)
JOIN {table} AS source ON {is_same_row} AND {key} = given.key

-- name: body_content
convert_to(source.{column}::text, 'UTF8')

-- name: body_digest
encode(sha256({content}), 'hex')

-- name: body_join
-- Digest and size of a body. OFFSET 0 keeps the planner from copying the digest into each place
-- that uses it.
LEFT JOIN LATERAL (
    SELECT {digest} AS digest, length(content) AS size_bytes
    FROM (SELECT {content} AS content {condition} OFFSET 0) AS body
    OFFSET 0
) AS {alias} ON true

-- name: fetch
-- Rows and versions of keys, in one snapshot; refused when the table has changed. A row exists only
-- under its present key: under any other, such as one that it had before it moved, it is deleted.
SELECT given.ordinal, coalesce(known.version, 0), coalesce(known.attempts, 0),
       extract(epoch FROM now()), {exists}, {values}
FROM jsonb_to_recordset(%(keys)s::jsonb) AS given(ordinal integer, key text[], row_id text)
LEFT JOIN crossfade.ledger AS known ON known.entity = {entity} AND known.key = given.key
LEFT JOIN {table} AS source ON {is_same_row} AND {key} = given.key
{bodies}
WHERE {is_as_installed}

-- name: fetch_stored
EXISTS (
    SELECT FROM crossfade.object
    WHERE object_key = {prefix} || '/' || given.row_id || '/' || {alias}.digest)

-- name: is_as_installed
crossfade.is_as_installed((
    SELECT NOT EXISTS (
        SELECT FROM crossfade.mapping AS installed
        WHERE installed.name = {entity}
          AND (installed.fingerprint <> {fingerprint} OR installed.table_shape <> {table_shape})
    )
))

-- name: printed_key
-- A primary key as PostgreSQL prints it, from any form that PostgreSQL reads.
SELECT array_to_json(ARRAY[{columns}])
FROM (SELECT %(key)s::text[]) AS given(key)

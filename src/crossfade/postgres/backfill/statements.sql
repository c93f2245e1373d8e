-- name: census_page
-- Rows in the order of the primary key, without the ledger, which may not exist yet.
SELECT array_to_json({key}), false, extract(epoch FROM now()), {values}
FROM {page}
{bodies}
ORDER BY {primary_key}

-- name: census_size
LEFT JOIN LATERAL (
    SELECT CASE WHEN source.{column} IS NOT NULL THEN repeat('0', 64) END AS digest,
           octet_length(source.{column}::text) AS size_bytes
) AS {alias} ON true

-- name: windows_page
-- Rows of a window in the order of the primary key, in one snapshot with the ledger; refused when
-- the table has changed. The relay owns each key that has a ledger entry. LATERAL keeps the planner
-- from scanning all of an entity's entries for each row when its statistics are of an empty ledger.
SELECT array_to_json({key}), known.key IS NOT NULL, extract(epoch FROM now()), {values}
FROM {page}
LEFT JOIN LATERAL (
    SELECT ledger.key FROM crossfade.ledger
    WHERE ledger.entity = {entity} AND ledger.key = {key}
    OFFSET 0
) AS known ON true
{bodies}
ORDER BY {primary_key}

-- name: windows_sample
-- Keys that divide a table into windows of about the same number of rows, from a sample of its
-- pages, and an estimate of its number of rows.
WITH sample AS MATERIALIZED (
    SELECT {key_texts} AS key, row_number() OVER (ORDER BY {primary_key}) AS position
    FROM {table} AS source TABLESAMPLE SYSTEM (%(percent)s::float8)
), estimate AS (
    SELECT count(*) AS sampled, ceil(count(*) * 100.0 / %(percent)s::float8) AS rows FROM sample
), cut AS (
    SELECT greatest(
               1, ceil(sampled / least(%(windows_max)s, greatest(1, rows / %(rows_max)s)))
           )::bigint AS every
    FROM estimate
)
SELECT array_to_json(sample.key), estimate.rows::bigint
FROM estimate
CROSS JOIN cut
LEFT JOIN sample ON sample.position %% cut.every = 0 AND sample.position < estimate.sampled
ORDER BY sample.position

-- name: windows_sample_share
-- The percentage of a table's pages, partitions included, that makes a sample of a number of pages.
SELECT least(100.0, 100.0 * %(pages_max)s / greatest(1, sum(pg_relation_size(member.oid))
           / current_setting('block_size')::bigint))
FROM (
    SELECT relid::oid AS oid FROM pg_partition_tree({table}::regclass)
    UNION
    SELECT {table}::regclass::oid
) AS member

-- Keys that cut a table into windows of about as many rows each, from a sample of its pages, and an
-- estimate of its rows.
WITH sample AS MATERIALIZED (
    SELECT {key_texts} AS key, row_number() OVER (ORDER BY {primary_key}) AS place
    FROM {table} AS source TABLESAMPLE SYSTEM (%(percent)s::float8)
), estimate AS (
    SELECT count(*) AS sampled, ceil(count(*) * 100.0 / %(percent)s::float8) AS rows FROM sample
), cut AS (
    SELECT greatest(1, ceil(sampled / least(%(windows_max)s, greatest(1, rows / %(rows_max)s))))::bigint
           AS every
    FROM estimate
)
SELECT array_to_json(sample.key), estimate.rows::bigint
FROM estimate
CROSS JOIN cut
LEFT JOIN sample ON sample.place %% cut.every = 0 AND sample.place < estimate.sampled
ORDER BY sample.place

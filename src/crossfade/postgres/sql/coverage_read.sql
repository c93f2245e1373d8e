-- Which buckets of each mapping were compared, and how long ago, as one JSON document.
SELECT coalesce(json_agg(entity ORDER BY entity.name), '[]')::text
FROM (
    SELECT mapping.name,
           coalesce(json_agg(json_build_object(
               'bucket', coverage.bucket,
               'seconds', extract(epoch FROM clock_timestamp() - coverage.verified_at),
               'keys', coverage.keys,
               'drifted', coverage.drifted
           ) ORDER BY coverage.bucket) FILTER (WHERE coverage.bucket IS NOT NULL), '[]') AS buckets
    FROM crossfade.mapping
    LEFT JOIN crossfade.coverage ON coverage.entity = mapping.name
    GROUP BY mapping.name
) AS entity

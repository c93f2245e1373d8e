LEFT JOIN LATERAL (
    SELECT CASE WHEN source.{column} IS NOT NULL THEN repeat('0', 64) END AS digest,
           octet_length(source.{column}::text) AS size_bytes
) AS {alias} ON true

LEFT JOIN LATERAL (
    SELECT encode(sha256(content), 'hex') AS digest, length(content) AS size_bytes
    FROM (
        SELECT convert_to(source.{column}::text, 'UTF8') AS content WHERE known.key IS NULL OFFSET 0
    ) AS body
    OFFSET 0
) AS {alias} ON true

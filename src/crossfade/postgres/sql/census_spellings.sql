-- Values that are equal to PostgreSQL and different keys to DynamoDB.
SELECT count(*) FROM (
    SELECT FROM {table} AS source
    GROUP BY source.{column}
    HAVING count(DISTINCT convert_to(source.{column}::text, 'UTF8')) > 1
) AS several

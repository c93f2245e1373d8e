-- How many percent of a table's pages make a sample of the given size; partitions included.
SELECT least(100.0, 100.0 * %(pages_max)s / greatest(1, sum(pg_relation_size(member.oid))
           / current_setting('block_size')::bigint))
FROM (
    SELECT relid::oid AS oid FROM pg_partition_tree({table}::regclass)
    UNION
    SELECT {table}::regclass::oid
) AS member

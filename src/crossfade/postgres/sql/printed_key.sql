-- A primary key as PostgreSQL prints it, whatever form it was given in.
SELECT array_to_json(ARRAY[{columns}])
FROM (SELECT %(key)s::text[]) AS asked(key)

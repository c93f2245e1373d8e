-- Keys whose items have a higher version than the ledger knows: it was lost or restored.
SELECT asked.entity, array_to_json(asked.key), asked.found
FROM jsonb_to_recordset(%(keys)s::jsonb) AS asked(entity text, key text[], found bigint)
LEFT JOIN crossfade.ledger AS known ON known.entity = asked.entity AND known.key = asked.key
WHERE known.version IS NULL OR known.version < asked.found

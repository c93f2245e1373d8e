-- Dirty, unparked keys of rows. A ledger key begins with the row's primary key, and chr(1) is the
-- smallest character there is: the keys of a row are exactly those from its primary key up to, not
-- including, its primary key with chr(1) appended. The condition is not that of the index
-- `ledger_due`, which would be read whole.
SELECT dirty.entity, array_to_json(dirty.key)
FROM jsonb_to_recordset(%(rows)s::jsonb) AS asked(entity text, lowest text[], above text[])
JOIN crossfade.ledger AS dirty
  ON dirty.entity = asked.entity
 AND dirty.key >= asked.lowest AND dirty.key < asked.above
WHERE dirty.version > dirty.acked AND dirty.parked_reason IS NULL

-- name: delivery_status
-- The delivery status of rows, by all ledger keys that each has or had, see `key_bounds`. A row
-- without any was not changed since the capture began; the target has it once the backfill that was
-- planned for this capture is done.
SELECT CASE
           WHEN capture.activated_at IS NULL THEN 'not captured'
           WHEN keys.is_parked THEN 'parked'
           WHEN keys.is_dirty THEN 'on its way'
           WHEN keys.is_marked OR backfill.is_done THEN 'in both stores'
           ELSE 'not captured'
       END
FROM jsonb_to_recordset(%(rows)s::jsonb) AS given(ordinal integer, lowest text[], above text[])
LEFT JOIN crossfade.mapping AS capture ON capture.name = %(entity)s
CROSS JOIN LATERAL (
    SELECT count(*) > 0 AS is_marked,
           coalesce(bool_or(ledger.dirty_since IS NOT NULL), false) AS is_dirty,
           coalesce(bool_or(ledger.parked_reason IS NOT NULL), false) AS is_parked
    FROM crossfade.ledger
    WHERE ledger.entity = %(entity)s
      AND ledger.key >= given.lowest AND ledger.key < given.above
) AS keys
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM crossfade.backfill AS plan
        WHERE plan.entity = capture.name AND plan.activated_xid = capture.activated_xid
          AND plan.fingerprint = capture.fingerprint
          AND NOT EXISTS (
              SELECT FROM crossfade.backfill_window AS part
              WHERE part.entity = plan.entity AND NOT part.is_done)
    ) AS is_done
) AS backfill
ORDER BY given.ordinal

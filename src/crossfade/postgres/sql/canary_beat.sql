-- Sends the canary out, unless it is under way or did so a moment ago. One that was parked tries
-- again.
INSERT INTO crossfade.canary AS known (canary) VALUES (%(canary)s)
ON CONFLICT (canary) DO UPDATE SET
    beaten_at = excluded.beaten_at,
    previous_at = CASE
        WHEN EXISTS (
            SELECT FROM crossfade.ledger AS mark
            WHERE mark.entity = %(entity)s AND mark.key = ARRAY[known.canary]
              AND mark.dirty_since IS NOT NULL)
        THEN coalesce(known.previous_at, known.beaten_at)
        ELSE known.beaten_at
    END
WHERE known.beaten_at < excluded.beaten_at - make_interval(secs => %(seconds)s)
  AND NOT EXISTS (
      SELECT FROM crossfade.ledger AS mark
      WHERE mark.entity = %(entity)s AND mark.key = ARRAY[known.canary]
        AND mark.dirty_since IS NOT NULL AND mark.parked_reason IS NULL)

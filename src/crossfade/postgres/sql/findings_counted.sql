-- How many findings a list has, counted no further than a limit.
SELECT count(*)
FROM (
    SELECT
    FROM crossfade.finding_kind AS kind
    CROSS JOIN LATERAL (
        SELECT
        FROM crossfade.finding
        WHERE (finding.closed_at IS NULL) = kind.is_open
          AND finding.entity = kind.entity
          AND finding.verdict = kind.verdict
          AND finding.cause = kind.cause
          AND finding.{column} >= {low} AND finding.{column} < {high}
        LIMIT %(count_max)s
    ) AS listed
    WHERE kind.is_open = coalesce(%(is_open)s::boolean, kind.is_open)
      AND kind.entity = coalesce(%(entity)s, kind.entity)
      AND kind.verdict = coalesce(%(verdict)s, kind.verdict)
      AND kind.cause = coalesce(%(cause)s, kind.cause)
    LIMIT %(count_max)s
) AS counted

-- A page of findings beyond an edge: another finding's place, or where the list begins. Only kinds
-- whose next finding is among the first ones can have a finding on the page.
WITH edge AS (
    SELECT {column} AS place, id FROM crossfade.finding WHERE id = %(edge)s::bigint
    UNION ALL
    SELECT {start}, %(start_id)s::bigint WHERE %(edge)s::bigint IS NULL
), kind AS MATERIALIZED (
    SELECT kind.*
    FROM edge
    CROSS JOIN crossfade.finding_kind AS kind
    CROSS JOIN LATERAL (
        SELECT finding.{column} AS place, finding.id
        FROM crossfade.finding
        WHERE (finding.closed_at IS NULL) = kind.is_open
          AND finding.entity = kind.entity
          AND finding.verdict = kind.verdict
          AND finding.cause = kind.cause
          AND finding.{column} >= {low} AND finding.{column} < {high}
          AND (finding.{column}, finding.id) {beyond} (edge.place, edge.id)
        ORDER BY finding.{column} {direction}, finding.id {direction}
        LIMIT 1
    ) AS next
    WHERE kind.is_open = coalesce(%(is_open)s::boolean, kind.is_open)
      AND kind.entity = coalesce(%(entity)s, kind.entity)
      AND kind.verdict = coalesce(%(verdict)s, kind.verdict)
      AND kind.cause = coalesce(%(cause)s, kind.cause)
    ORDER BY next.place {direction}, next.id {direction}
    LIMIT %(findings_max)s
)
SELECT to_jsonb(listed)
FROM edge
CROSS JOIN kind
CROSS JOIN LATERAL (
    SELECT finding.*
    FROM crossfade.finding
    WHERE (finding.closed_at IS NULL) = kind.is_open
      AND finding.entity = kind.entity
      AND finding.verdict = kind.verdict
      AND finding.cause = kind.cause
      AND finding.{column} >= {low} AND finding.{column} < {high}
      AND (finding.{column}, finding.id) {beyond} (edge.place, edge.id)
    ORDER BY finding.{column} {direction}, finding.id {direction}
    LIMIT %(findings_max)s
) AS listed
ORDER BY listed.{column} {direction}, listed.id {direction}
LIMIT %(findings_max)s

-- name: finding_find
SELECT to_jsonb(finding) FROM crossfade.finding WHERE id = %(id)s

-- name: finding_kinds
SELECT DISTINCT entity, verdict, cause FROM crossfade.finding_kind

-- name: finding_next
-- The next findings of a kind beyond a position.
SELECT finding.{column} AS position, finding.id
FROM crossfade.finding
WHERE (finding.closed_at IS NULL) = kind.is_open
  AND finding.entity = kind.entity
  AND finding.verdict = kind.verdict
  AND finding.cause = kind.cause
  AND (finding.{column}, finding.id) {beyond} (edge.position, edge.id)
  AND finding.{column} {within} {end}
ORDER BY finding.{column} {direction}, finding.id {direction}
LIMIT {limit}

-- name: findings_counted
-- The number of findings of a list, counted up to a limit.
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

-- name: findings_listed
-- A page of findings beyond a position: that of another finding, moved into the list's range, or
-- the start of the range. With one bound on each side of an index, the cost of a page does not
-- depend on where it begins. Only kinds with their next finding among the first ones can have a
-- finding on the page.
WITH edge AS (
    SELECT CASE WHEN {column} {ahead} {start} THEN {start} ELSE {column} END AS position,
           CASE WHEN {column} {ahead} {start} THEN 0 ELSE id END AS id
    FROM crossfade.finding
    WHERE id = %(edge)s::bigint
    UNION ALL
    SELECT {start}, 0 WHERE %(edge)s::bigint IS NULL
), kind AS MATERIALIZED (
    SELECT kind.*
    FROM edge
    CROSS JOIN crossfade.finding_kind AS kind
    CROSS JOIN LATERAL ({next_one}) AS next
    WHERE kind.is_open = coalesce(%(is_open)s::boolean, kind.is_open)
      AND kind.entity = coalesce(%(entity)s, kind.entity)
      AND kind.verdict = coalesce(%(verdict)s, kind.verdict)
      AND kind.cause = coalesce(%(cause)s, kind.cause)
    ORDER BY next.position {direction}, next.id {direction}
    LIMIT %(findings_max)s
), page AS MATERIALIZED (
    SELECT next.position, next.id
    FROM edge
    CROSS JOIN kind
    CROSS JOIN LATERAL ({next_ones}) AS next
    ORDER BY next.position {direction}, next.id {direction}
    LIMIT %(findings_max)s
)
SELECT to_jsonb(finding)
FROM page
JOIN crossfade.finding ON finding.id = page.id
ORDER BY page.position {direction}, page.id {direction}

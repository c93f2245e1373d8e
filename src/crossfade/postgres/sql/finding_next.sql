-- The next findings of a kind beyond an edge.
SELECT finding.{column} AS place, finding.id
FROM crossfade.finding
WHERE (finding.closed_at IS NULL) = kind.is_open
  AND finding.entity = kind.entity
  AND finding.verdict = kind.verdict
  AND finding.cause = kind.cause
  AND (finding.{column}, finding.id) {beyond} (edge.place, edge.id)
  AND finding.{column} {within} {end}
ORDER BY finding.{column} {direction}, finding.id {direction}
LIMIT {limit}

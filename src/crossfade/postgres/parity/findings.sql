-- name: finding_close
UPDATE crossfade.finding AS known
SET closed_at = clock_timestamp(), closed_by = %(closed_by)s
FROM jsonb_to_recordset(%(keys)s::jsonb) AS given(entity text, key text[])
WHERE known.entity = given.entity AND known.key = given.key AND known.closed_at IS NULL

-- name: finding_counts
-- Open findings by verdict, of one run or of all.
SELECT verdict, count(*) FROM crossfade.finding
WHERE closed_at IS NULL AND (%(run)s::bigint IS NULL OR last_run = %(run)s)
  AND (entity = ANY (%(entities)s) OR entity = '')
GROUP BY verdict
ORDER BY verdict

-- name: finding_of_key
SELECT to_jsonb(finding) FROM crossfade.finding
WHERE entity = %(entity)s AND key = %(key)s::text[]
ORDER BY id

-- name: finding_page
-- Open findings in the order of their discovery.
SELECT to_jsonb(finding) FROM crossfade.finding
WHERE closed_at IS NULL AND id > %(after)s
  AND (%(run)s::bigint IS NULL OR last_run = %(run)s)
  AND (%(before_run)s::bigint IS NULL OR last_run < %(before_run)s)
  AND (entity = ANY (%(entities)s) OR entity = '')
ORDER BY id
LIMIT %(findings_max)s

-- name: finding_record
-- Opens findings, or brings open ones up to date.
INSERT INTO crossfade.finding AS known (
    entity, key, verdict, fields, cause, source_version, acked_version, target_version,
    source_digest, target_digest, mapping_version, first_run, last_run)
SELECT entity, key, verdict, fields, cause, source_version, acked_version, target_version,
       source_digest, target_digest, mapping_version, %(run)s, %(run)s
FROM jsonb_to_recordset(%(findings)s::jsonb) AS given(
    entity text, key text[], verdict text, fields text[], cause text, source_version bigint,
    acked_version bigint, target_version bigint, source_digest text, target_digest text,
    mapping_version integer)
ORDER BY entity, key COLLATE "C"
ON CONFLICT (entity, key) WHERE closed_at IS NULL DO UPDATE SET
    verdict = excluded.verdict,
    fields = excluded.fields,
    cause = excluded.cause,
    source_version = excluded.source_version,
    acked_version = excluded.acked_version,
    target_version = excluded.target_version,
    source_digest = excluded.source_digest,
    target_digest = excluded.target_digest,
    mapping_version = excluded.mapping_version,
    last_run = greatest(known.last_run, excluded.last_run),
    last_seen = clock_timestamp()

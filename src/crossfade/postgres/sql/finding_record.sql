-- Opens findings, or brings open ones up to date.
INSERT INTO crossfade.finding AS known (
    entity, key, verdict, fields, cause, source_version, acked_version, target_version,
    source_digest, target_digest, mapping_version, first_run, last_run)
SELECT entity, key, verdict, fields, cause, source_version, acked_version, target_version,
       source_digest, target_digest, mapping_version, %(run)s, %(run)s
FROM jsonb_to_recordset(%(findings)s::jsonb) AS told(
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

SELECT DISTINCT entity, verdict, cause FROM crossfade.finding_kind

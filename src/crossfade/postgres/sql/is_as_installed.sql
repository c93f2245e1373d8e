crossfade.is_as_installed((
    SELECT NOT EXISTS (
        SELECT FROM crossfade.mapping AS installed
        WHERE installed.name = {entity}
          AND (installed.fingerprint <> {fingerprint} OR installed.table_shape <> {table_shape})
    )
))

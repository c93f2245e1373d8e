SELECT to_jsonb(watermark) FROM crossfade.watermark
WHERE entity = ANY (%(entities)s)
ORDER BY entity

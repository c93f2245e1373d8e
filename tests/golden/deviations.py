"""The recorded vectors that we knowingly answer differently, each with the reason."""

from __future__ import annotations

from typing import Final

_NONE_IS_ABSENT: Final = (
    "None is absent, so null never becomes text in a key nor fails a type check"
)
_FIND_MULTI: Final = "find and match query multi-attribute indexes properly"
_EMPTY_KEY: Final = "an update whose key would be empty is refused instead of losing the key field"
_UPSERT_RESULT: Final = (
    "upsert gives the composites of the key, as update does, not an empty object"
)
_COLLECTION_COUNT: Final = "count stops a collection's reading once so many items are there"

DEVIATIONS: Final[dict[str, str]] = {
    "behave.put.null": _NONE_IS_ABSENT,
    "campaign.get.null": _NONE_IS_ABSENT,
    "edge.find.multi": _FIND_MULTI,
    "edge.update.emptyPk": _EMPTY_KEY,
    "go.collection.count": _COLLECTION_COUNT,
    "go.upsert": _UPSERT_RESULT,
}

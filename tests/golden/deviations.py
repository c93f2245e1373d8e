"""The recorded vectors with a result that differs from ElectroDB's intentionally, and why."""

from __future__ import annotations

from typing import Final

_NONE_IS_ABSENT: Final = (
    "None is absent, so null never becomes text in a key and never fails a type check"
)
_FIND_MULTI: Final = "find and match can query multi-attribute indexes"
_EMPTY_KEY: Final = (
    "an update whose key would be empty is rejected instead of omitting the key field"
)
_UPSERT_RESULT: Final = (
    "upsert returns the composites of the key, as update does, not an empty object"
)
_COLLECTION_COUNT: Final = "count stops the reading of a collection at the given number of items"

DEVIATIONS: Final[dict[str, str]] = {
    "behave.put.null": _NONE_IS_ABSENT,
    "campaign.get.null": _NONE_IS_ABSENT,
    "edge.find.multi": _FIND_MULTI,
    "edge.update.emptyPk": _EMPTY_KEY,
    "go.collection.count": _COLLECTION_COUNT,
    "go.upsert": _UPSERT_RESULT,
}

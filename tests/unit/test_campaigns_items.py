"""The records of the application's items have a field for every attribute."""

from __future__ import annotations

import msgspec
import pytest

from campaigns.items import CampaignItem, CharacterItem, MemberItem, SessionItem
from campaigns.mapping import CAMPAIGN, CHARACTER, MEMBER, SESSION
from crossfade.mapping import Mapping


@pytest.mark.parametrize(
    ("mapping", "record"),
    [
        (CAMPAIGN, CampaignItem),
        (SESSION, SessionItem),
        (MEMBER, MemberItem),
        (CHARACTER, CharacterItem),
    ],
)
def test_every_attribute_has_a_field(mapping: Mapping, record: type[msgspec.Struct]) -> None:
    fields = {field.encode_name: field.required for field in msgspec.structs.fields(record)}
    for schema in mapping.schemas():
        assert schema["attributes"].keys() == fields.keys()
        keys = {"campaignId"} if mapping is SESSION else set()
        needed = {name for name, a in schema["attributes"].items() if a.get("required")}
        spilled = {name for name in needed if f"{name}StorageKey" in fields}
        assert needed - spilled - keys == {name for name, required in fields.items() if required}

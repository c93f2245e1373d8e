"""The item of bench/entity.py: its schema, its record, and its models in other libraries."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pydynox
from pydynox import attributes as peer
from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.models import Model

from crossfade.entity import (
    Casing,
    Index,
    Key,
    Schema,
    boolean,
    enum,
    list_of,
    map_of,
    number,
    set_of,
    string,
)

SCHEMA = Schema(
    entity="campaign",
    service="bench",
    attributes={
        "userId": string(required=True),
        "campaignId": string(required=True),
        "slug": string(required=True),
        "name": string(required=True),
        "description": string(),
        "system": enum("DND_5E", "PATHFINDER_2E", "HOMEBREW"),
        "status": enum("PLANNING", "ACTIVE", "COMPLETED", default="PLANNING"),
        "tags": set_of(string()),
        "playerNames": list_of(string()),
        "settings": map_of({"theme": string(), "maxPlayers": number(), "homebrew": boolean()}),
        "partyLevel": number(),
        "sessionCount": number(default=0),
        "isPublic": boolean(),
        "createdAt": string(read_only=True),
        "updatedAt": string(),
    },
    indexes={
        "byUser": Index(
            pk=Key(field="pk", template="USER#${userId}", casing=Casing.NONE),
            sk=Key(field="sk", template="CAMP#${campaignId}", casing=Casing.NONE),
        ),
        "bySlug": Index(
            index="gsi1",
            pk=Key(field="gsi1pk", composite=("slug",)),
            sk=Key(field="gsi1sk", composite=("userId",)),
        ),
    },
)

ITEM: dict[str, Any] = {
    "userId": "0c4f3c1e-8d5b-4b0e-9d52-2f6a4f1f7a11",
    "campaignId": "7d0c2f4a-3b1e-4c55-8a90-5e2b1c9d6f01",
    "slug": "the-sunless-citadel",
    "name": "The Sunless Citadel",
    "description": "They went down the ravine and met kobolds. " * 5,
    "system": "DND_5E",
    "status": "ACTIVE",
    "tags": ["dungeon", "kobolds"],
    "playerNames": ["Ann", "Bob", "Cy"],
    "settings": {"theme": "dark", "maxPlayers": 5, "homebrew": False},
    "partyLevel": 3,
    "sessionCount": 12,
    "isPublic": False,
    "createdAt": "2026-01-31T18:00:00.125Z",
    "updatedAt": "2026-02-28T21:30:00.500Z",
}


class Settings(msgspec.Struct, rename="camel"):
    """The map of `Campaign`."""

    theme: str
    max_players: int
    homebrew: bool


class Campaign(msgspec.Struct, rename="camel"):
    """The record of the item."""

    user_id: str
    campaign_id: str
    slug: str
    name: str
    description: str
    system: str
    status: str
    tags: frozenset[str]
    player_names: list[str]
    settings: Settings
    party_level: int
    session_count: int
    is_public: bool
    created_at: str
    updated_at: str


class PynamoSettings(MapAttribute[str, Any]):
    """The map of `PynamoCampaign`."""

    theme = UnicodeAttribute()
    max_players = NumberAttribute(attr_name="maxPlayers")
    homebrew = BooleanAttribute()


class PynamoCampaign(Model):
    """The item in pynamodb, which does not render keys from attributes."""

    class Meta:
        """The table's options for pynamodb."""

        table_name = "bench"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    user_id = UnicodeAttribute(attr_name="userId")
    campaign_id = UnicodeAttribute(attr_name="campaignId")
    slug = UnicodeAttribute()
    name = UnicodeAttribute()
    description = UnicodeAttribute()
    system = UnicodeAttribute()
    status = UnicodeAttribute()
    tags = UnicodeSetAttribute()
    player_names = ListAttribute[Any](attr_name="playerNames")
    settings: MapAttribute[str, Any] = PynamoSettings()
    party_level = NumberAttribute(attr_name="partyLevel")
    session_count = NumberAttribute(attr_name="sessionCount")
    is_public = BooleanAttribute(attr_name="isPublic")
    created_at = UnicodeAttribute(attr_name="createdAt")
    updated_at = UnicodeAttribute(attr_name="updatedAt")


def in_snake_case(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with names in snake case, recursively."""
    return {
        re.sub("(?=[A-Z])", "_", name).lower(): in_snake_case(v) if isinstance(v, dict) else v
        for name, v in values.items()
    }


class PydynoxCampaign(pydynox.Model):
    """The item in pydynox, which does not render keys from attributes."""

    model_config = pydynox.ModelConfig(table="bench")
    pk = peer.StringAttribute(partition_key=True)
    sk = peer.StringAttribute(sort_key=True)
    gsi1pk = peer.StringAttribute()
    gsi1sk = peer.StringAttribute()
    user_id = peer.StringAttribute()
    campaign_id = peer.StringAttribute()
    slug = peer.StringAttribute()
    name = peer.StringAttribute()
    description = peer.StringAttribute()
    system = peer.StringAttribute()
    status = peer.StringAttribute()
    tags = peer.StringSetAttribute()
    player_names = peer.ListAttribute()
    settings = peer.MapAttribute()
    party_level = peer.NumberAttribute()
    session_count = peer.NumberAttribute()
    is_public = peer.BooleanAttribute()
    created_at = peer.StringAttribute()
    updated_at = peer.StringAttribute()

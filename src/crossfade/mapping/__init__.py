"""Rows to items and back. Pure: no input or output, no clock, no environment, no logging."""

from __future__ import annotations

from crossfade.mapping.application import Application
from crossfade.mapping.codec.codec import Codec, Draft, NewObject, Stored
from crossfade.mapping.codec.item_equality import same_content
from crossfade.mapping.codec.shapes import Item
from crossfade.mapping.declaration.columns import Body, Column, Rule, Shape
from crossfade.mapping.declaration.ledger_keys import KeyCase, KeyPart
from crossfade.mapping.declaration.mapping import Mapping, check_together
from crossfade.mapping.declaration.postgres_types import default_rule
from crossfade.mapping.object_keys import ObjectKey, object_key, parse_object_key

__all__ = [
    "Application",
    "Body",
    "Codec",
    "Column",
    "Draft",
    "Item",
    "KeyCase",
    "KeyPart",
    "Mapping",
    "NewObject",
    "ObjectKey",
    "Rule",
    "Shape",
    "Stored",
    "check_together",
    "default_rule",
    "object_key",
    "parse_object_key",
    "same_content",
]

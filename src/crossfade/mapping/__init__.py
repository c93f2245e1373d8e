"""Rows to items and back. Pure: no input or output, no clock, no environment, no logging."""

from __future__ import annotations

from crossfade.mapping.application import Application
from crossfade.mapping.codec import Codec, Draft, NewObject, Stored
from crossfade.mapping.content import same_content
from crossfade.mapping.declare import Mapping, check_together
from crossfade.mapping.digests import digest
from crossfade.mapping.key_parts import KeyCase, KeyPart
from crossfade.mapping.objects import ObjectKey, object_key, parse_object_key
from crossfade.mapping.parts import Body, Column, Rule, Shape
from crossfade.mapping.shape_plans import Item
from crossfade.mapping.types import default_rule

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
    "digest",
    "object_key",
    "parse_object_key",
    "same_content",
]

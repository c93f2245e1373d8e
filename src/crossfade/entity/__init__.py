"""Single-table modelling: entities, keys and requests, wire compatible with ElectroDB 3.9.3."""

from __future__ import annotations

from crossfade.entity.attributes import (
    anything,
    boolean,
    enum,
    list_of,
    map_of,
    number,
    set_of,
    string,
)
from crossfade.entity.core import Client
from crossfade.entity.declarations import (
    Attribute,
    Casing,
    Cast,
    Index,
    IndexType,
    Key,
    Padding,
    Type,
)
from crossfade.entity.entity import Entity
from crossfade.entity.errors import Code, EntityError, Fault
from crossfade.entity.keyforms import IndexForm, KeyForm
from crossfade.entity.keys import KeyValue
from crossfade.entity.model import Identifiers
from crossfade.entity.results import Page, Result, TransactionResult
from crossfade.entity.schema import Schema
from crossfade.entity.service import Service
from crossfade.entity.wire import marshal, marshal_item, unmarshal, unmarshal_item

__all__ = [
    "Attribute",
    "Casing",
    "Cast",
    "Client",
    "Code",
    "Entity",
    "EntityError",
    "Fault",
    "Identifiers",
    "Index",
    "IndexForm",
    "IndexType",
    "Key",
    "KeyForm",
    "KeyValue",
    "Padding",
    "Page",
    "Result",
    "Schema",
    "Service",
    "TransactionResult",
    "Type",
    "anything",
    "boolean",
    "enum",
    "list_of",
    "map_of",
    "marshal",
    "marshal_item",
    "number",
    "set_of",
    "string",
    "unmarshal",
    "unmarshal_item",
]

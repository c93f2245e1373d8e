"""Single-table modelling for DynamoDB, compatible with ElectroDB 3.9.3.

An `Entity` builds, sends and reads the requests of one `Schema`; a `Service` joins entities for
collections and transactions. Sub-packages, from the lowest: `schema` (declarations), `values`
(validation and conversion), `keys`, `expressions`, `model` (the compiled schema), `requests`
(parameters), `execution` (sending and reading) and `calls` (the chainable calls).
"""

from __future__ import annotations

from crossfade.entity.calls.reads import Query, Scan
from crossfade.entity.client import Client
from crossfade.entity.entity import Entity
from crossfade.entity.errors import Code, EntityError, Fault, name_of
from crossfade.entity.events import Event, QuerySent, ResultsReceived
from crossfade.entity.execution.send import StoreError
from crossfade.entity.keys.forms import IndexForm, KeyForm
from crossfade.entity.keys.rendering import KeyValue
from crossfade.entity.model.model import Identifiers
from crossfade.entity.results import (
    BatchResult,
    BatchWritten,
    CollectionPage,
    Page,
    Result,
    TransactionItem,
    TransactionResult,
)
from crossfade.entity.schema.attributes import (
    anything,
    boolean,
    enum,
    list_of,
    map_of,
    number,
    set_of,
    string,
)
from crossfade.entity.schema.declarations import (
    Attribute,
    Casing,
    Cast,
    Index,
    IndexType,
    Key,
    Padding,
    Type,
)
from crossfade.entity.schema.schema import Schema
from crossfade.entity.service import Service
from crossfade.entity.table_definition import table_definition
from crossfade.entity.values.attribute_values import (
    marshal,
    marshal_item,
    unmarshal,
    unmarshal_item,
)

__all__ = [
    "Attribute",
    "BatchResult",
    "BatchWritten",
    "Casing",
    "Cast",
    "Client",
    "Code",
    "CollectionPage",
    "Entity",
    "EntityError",
    "Event",
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
    "Query",
    "QuerySent",
    "Result",
    "ResultsReceived",
    "Scan",
    "Schema",
    "Service",
    "StoreError",
    "TransactionItem",
    "TransactionResult",
    "Type",
    "anything",
    "boolean",
    "enum",
    "list_of",
    "map_of",
    "marshal",
    "marshal_item",
    "name_of",
    "number",
    "set_of",
    "string",
    "table_definition",
    "unmarshal",
    "unmarshal_item",
]

"""Cursors: where a query goes on, as text that may be handed to a client."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.keys.forms import IndexForm
from crossfade.entity.model.model import Model
from crossfade.entity.options import Options
from crossfade.entity.requests.conversions import key_from_composites
from crossfade.entity.schema.declarations import IndexType
from crossfade.entity.values.attribute_values import number_literal


def encode(key: Mapping[str, Any]) -> str:
    """The text of a key: compact JSON in base64url without padding."""
    pairs = (f"{_quoted(field)}:{_json(value)}" for field, value in key.items())
    text = f"{{{','.join(pairs)}}}"
    return base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")


def decode(cursor: str) -> dict[str, Any]:
    """The key of a text made by `encode`, here or by ElectroDB.

    Raises:
        EntityError: 4001, as in ElectroDB, when it is no cursor.
    """
    standard = cursor.replace("+", "-").replace("/", "_").rstrip("=")
    try:
        padded = standard + "=" * (-len(standard) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        key = json.loads(raw, parse_float=Decimal)
    except (binascii.Error, ValueError):
        raise _broken() from None
    if not isinstance(key, dict):
        raise _broken()
    return key


def _broken() -> EntityError:
    return EntityError(Code.AWS_ERROR, "the cursor cannot be read; start again without one")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else number_literal(value)


def start_key(model: Model, index: IndexForm, options: Options) -> dict[str, Any] | None:
    """The ExclusiveStartKey of a request; None at the beginning."""
    given = options.cursor
    if not given:
        return None
    if options.data == "raw" or options.pager == "raw":
        key = given
    elif options.pager == "item":
        key = _composed(model, index, given)
    elif options.format_cursor:
        key = options.format_cursor.deserialize(given)
    else:
        key = decode(given)
    return _of_index(model, index, key)


def _composed(model: Model, index: IndexForm, given: Mapping[str, Any]) -> dict[str, Any]:
    """The key of a cursor given as composites; in strict mode none may be missing."""
    key: dict[str, Any] = {}
    for form in (index, model.table_index):
        key |= key_from_composites(model, form, given, whole_pk=model.strict, whole_sk=model.strict)
    return key


def _of_index(model: Model, index: IndexForm, key: Mapping[str, Any]) -> dict[str, Any]:
    """The key without fields that belong to neither the index nor the table."""
    if index.type is IndexType.COMPOSITE:
        return dict(key)
    fields = [form.field for form in (*index.keys, *model.table_index.keys)]
    return {field: key[field] for field in dict.fromkeys(fields) if field in key}


def returned(key: Mapping[str, Any] | None, options: Options) -> Any:
    """What a caller gets as cursor for the last evaluated key; None at the end."""
    if not key:
        return None
    if options.data == "raw" or options.pager == "raw":
        return key
    if options.format_cursor:
        return options.format_cursor.serialize(key)
    return encode(key)

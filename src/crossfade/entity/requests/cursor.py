"""Cursors: the position at which a query resumes, as text that may be given to clients."""

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
    """Return a key as text: compact JSON in base64url without padding."""
    pairs = (f"{_quoted(field)}:{_json(value)}" for field, value in key.items())
    text = f"{{{','.join(pairs)}}}"
    return base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")


def decode(cursor: str) -> dict[str, Any]:
    """Return the key in a cursor of this library or of ElectroDB.

    Raises:
        EntityError: 4001, as in ElectroDB, if the text is not a cursor.
    """
    standard = cursor.replace("+", "-").replace("/", "_").rstrip("=")
    try:
        padded = standard + "=" * (-len(standard) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        key = json.loads(raw, parse_float=Decimal)
    except (binascii.Error, ValueError):
        raise _malformed() from None
    if not isinstance(key, dict):
        raise _malformed()
    return key


def _malformed() -> EntityError:
    return EntityError(Code.AWS_ERROR, "the cursor cannot be decoded; start again without one")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else number_literal(value)


def start_key(model: Model, index: IndexForm, options: Options) -> dict[str, Any] | None:
    """Return the ExclusiveStartKey of a request; None for the first page."""
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
    return _key_fields_of(model, index, key)


def _composed(model: Model, index: IndexForm, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the key of a cursor given as composites.

    Raises:
        EntityError: 2002 in strict mode, if a composite is missing.
    """
    key: dict[str, Any] = {}
    for form in (index, model.table_index):
        key |= key_from_composites(
            model, form, given, complete_pk=model.strict, complete_sk=model.strict
        )
    return key


def _key_fields_of(model: Model, index: IndexForm, key: Mapping[str, Any]) -> dict[str, Any]:
    """Return the key without fields that belong neither to the index nor to the table."""
    if index.type is IndexType.COMPOSITE:
        return dict(key)
    fields = [form.field for form in (*index.keys, *model.table_index.keys)]
    return {field: key[field] for field in dict.fromkeys(fields) if field in key}


def cursor_of(key: Mapping[str, Any] | None, options: Options) -> Any:
    """Return the caller's cursor for a last evaluated key; None after the last page."""
    if not key:
        return None
    if options.data == "raw" or options.pager == "raw":
        return key
    if options.format_cursor:
        return options.format_cursor.serialize(key)
    return encode(key)

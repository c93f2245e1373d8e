"""Names of large columns in the object store: ``<prefix>/<row id>/<sha256 of the content>``.

A name is made from the row's primary key and the content's digest alone, so writing a content twice
gives one object, and a content that comes back finds its object still there.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from crossfade.errors import InvalidKey, Unmappable

# Source: Amazon S3 User Guide, "Naming Amazon S3 objects", length of object key names.
OBJECT_KEY_BYTES_MAX = 1024
# Stores that keep objects as files, such as SeaweedFS, take file names of this length.
COMPONENT_BYTES_MAX = 255

_PREFIX = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_UNSAFE = re.compile(rb"[^A-Za-z0-9._-]|\A\.")


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """An object's name taken apart.

    Attributes:
        prefix: the prefix of the body's declaration.
        row_id: the primary key's columns as PostgreSQL prints them.
        digest: sha256 of the plain content, 64 lower-case hexadecimal digits.
    """

    prefix: str
    row_id: tuple[str, ...]
    digest: str

    def __str__(self) -> str:
        return object_key(self.prefix, self.row_id, self.digest)


def object_key(prefix: str, row_id: str | tuple[str, ...], digest: str) -> str:
    """Return the name of a content of a row; different rows and contents never share one.

    Args:
        prefix: the prefix of the body's declaration.
        row_id: the primary key as PostgreSQL prints it, a tuple when it has several columns.
        digest: sha256 of the content, 64 lower-case hexadecimal digits.

    Raises:
        InvalidKey: the prefix or the digest is malformed.
        Unmappable: the row's id is empty or too long for an object's name.
    """
    if not is_prefix(prefix):
        raise InvalidKey(
            "prefix: too long, or other characters than A-Z a-z 0-9 . _ -; take a plain word"
        )
    if not _DIGEST.fullmatch(digest):
        raise InvalidKey("digest: needs 64 lower-case hexadecimal digits")
    return f"{prefix}/{row_component(row_id)}/{digest}"


def is_prefix(text: str) -> bool:
    """Tell whether objects may be stored under this prefix."""
    return (
        _PREFIX.fullmatch(text) is not None
        and max(map(len, text.split("/"))) <= COMPONENT_BYTES_MAX
        and len(text) <= OBJECT_KEY_BYTES_MAX - COMPONENT_BYTES_MAX - 66
    )


def row_component(row_id: str | tuple[str, ...]) -> str:
    """Return a row's part of its objects' names: percent-encoded columns joined by commas.

    Raises:
        Unmappable: a column is empty, or the result is longer than 255 bytes.
    """
    parts = (row_id,) if isinstance(row_id, str) else row_id
    if not parts or not all(parts):
        raise Unmappable(
            "primary key", "empty text", "give the row an id, it names the row's objects"
        )
    component = ",".join(map(_encode, parts))
    if len(component) > COMPONENT_BYTES_MAX:
        raise Unmappable(
            "primary key",
            f"{len(component)} bytes when percent-encoded",
            f"object names hold at most {COMPONENT_BYTES_MAX} of them; use a shorter id",
        )
    return component


def parse_object_key(text: str, prefixes: Collection[str] | None = None) -> ObjectKey:
    """Take an object's name apart, accepting exactly what `object_key` makes.

    Args:
        text: the name.
        prefixes: the prefixes to accept; any well-formed one unless given.

    Raises:
        InvalidKey: it is not such a name, or stands under another prefix.
    """
    prefix, _, rest = text.rpartition("/")
    prefix, _, component = prefix.rpartition("/")
    if not is_prefix(prefix) or (prefixes is not None and prefix not in prefixes):
        raise InvalidKey("object key: not under an accepted prefix; take it from a stored item")
    if not _DIGEST.fullmatch(rest):
        raise InvalidKey("object key: does not end in a sha256; take it from a stored item")
    return ObjectKey(prefix, _decode_component(component), rest)


def _decode_component(component: str) -> tuple[str, ...]:
    malformed = InvalidKey("object key: the row's part is malformed; take it from a stored item")
    try:
        row_id = tuple(unquote_to_bytes(part).decode() for part in component.split(","))
        canonical = row_component(row_id)
    except (UnicodeError, Unmappable):
        raise malformed from None
    if canonical != component:
        raise malformed
    return row_id


def _encode(part: str) -> str:
    if _PLAIN.fullmatch(part):
        return part
    return _UNSAFE.sub(lambda match: b"%%%02X" % match[0][0], part.encode()).decode("ascii")

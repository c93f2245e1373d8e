"""Names of large columns in the object store: ``<prefix>/<row id>/<sha256 of the content>``.

A name depends only on the row's primary key and the content's digest, so storing the same content
again, even after a change, gives the same object.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from crossfade.errors import InvalidKey, Unmappable

# Source: Amazon S3 User Guide, "Naming Amazon S3 objects", length of object key names.
OBJECT_KEY_BYTES_MAX = 1024
# The longest file name in stores that keep objects as files, such as SeaweedFS.
COMPONENT_BYTES_MAX = 255

_PREFIX = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_UNSAFE = re.compile(rb"[^A-Za-z0-9._-]|\A\.")


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """The parts of an object's name.

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
    """Return the object name of a row's content, different for different rows and contents.

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
            "prefix: too long, or has characters other than A-Z a-z 0-9 . _ -; use a plain word"
        )
    if not _DIGEST.fullmatch(digest):
        raise InvalidKey("digest: needs 64 lower-case hexadecimal digits")
    return f"{prefix}/{row_component(row_id)}/{digest}"


def is_prefix(text: str) -> bool:
    """Return whether objects may be stored under this prefix."""
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
        raise Unmappable("primary key", "empty text", "give the row an id, which names its objects")
    component = ",".join(map(_encode, parts))
    if len(component) > COMPONENT_BYTES_MAX:
        raise Unmappable(
            "primary key",
            f"{len(component)} bytes when percent-encoded",
            f"object names allow {COMPONENT_BYTES_MAX}; use a shorter id",
        )
    return component


def parse_object_key(text: str, prefixes: Collection[str] | None = None) -> ObjectKey:
    """Parse an object's name; accept exactly the names that `object_key` returns.

    Args:
        text: the name.
        prefixes: the accepted prefixes; by default every well-formed one.

    Raises:
        InvalidKey: the text is not such a name, or has another prefix.
    """
    prefix, _, digest = text.rpartition("/")
    prefix, _, component = prefix.rpartition("/")
    if not is_prefix(prefix) or (prefixes is not None and prefix not in prefixes):
        raise InvalidKey("object key: not under an accepted prefix; take it from a stored item")
    if not _DIGEST.fullmatch(digest):
        raise InvalidKey("object key: does not end in a sha256; take it from a stored item")
    return ObjectKey(prefix, _decode_component(component), digest)


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

"""Types of input fields, and their limits."""

from __future__ import annotations

import json
import re
from datetime import datetime, time
from decimal import Decimal
from typing import Annotated, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    JsonValue,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

NAME_CHARACTERS_MAX = 200
SLUG_CHARACTERS_MAX = 80
CHARACTER_NAME_CHARACTERS_MAX = 120
PASSWORD_CHARACTERS_MIN, PASSWORD_CHARACTERS_MAX = 10, 256
LINE_CHARACTERS_MAX = 1024
LONG_TEXT_CHARACTERS_MAX = 100_000
LIST_ITEMS_MAX = 200
JSON_BYTES_MAX = 256 * 1024
TRANSCRIPT_TEXT_BYTES_MAX = 1024 * 1024
TRANSCRIPT_JSON_BYTES_MAX = 16 * 1024 * 1024
YEAR_MIN, YEAR_MAX = 1800, 2999
INTEGER_MAX = 2**31 - 1
BIGINT_MAX = 2**63 - 1

EMAIL_PATTERN = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
LANGUAGE_PATTERN = r"^([a-z]{2}(-[A-Z]{2})?|[a-z]{3})$"
SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
TIME_ZONE_PATTERN = r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"

ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def storable_text(text: str) -> str:
    """Reject NUL characters and lone surrogates, which the stores cannot hold."""
    if "\0" in text:
        raise PydanticCustomError("nul_character", "remove the NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("surrogate", "remove the lone surrogates") from None
    return text


def not_blank(text: str) -> str:
    """Reject a text without a visible character."""
    if not text.strip():
        raise PydanticCustomError("blank", "give it at least one visible character")
    return text


def not_null(value: object) -> object:
    """Reject null for a field that may be omitted but not be null."""
    if value is None:
        raise PydanticCustomError("null", "leave the field out, or give it a value")
    return value


def canonical_uuid(text: str) -> str:
    """Return a UUID as PostgreSQL prints it."""
    try:
        return str(UUID(text))
    except ValueError:
        raise PydanticCustomError("uuid", "give a UUID") from None


def known_zone(name: str) -> str:
    """Reject a time zone that this machine does not know."""
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, KeyError):
        raise PydanticCustomError("time_zone", "give a time zone such as Europe/Berlin") from None


def plausible_instant(instant: datetime) -> datetime:
    """Reject years outside of the range that every store supports."""
    if not YEAR_MIN <= instant.year <= YEAR_MAX:
        raise PydanticCustomError("year", f"give a year from {YEAR_MIN} to {YEAR_MAX}")
    return instant


def wall_clock_time(value: time) -> time:
    """Reject a time with a zone or fractions of a second."""
    if value.tzinfo is not None or value.microsecond:
        raise PydanticCustomError("time", "give hours, minutes and seconds without a zone")
    return value


def storable_json(value: JsonValue) -> JsonValue:
    """Reject JSON that PostgreSQL cannot store unchanged, or that is too large."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        size_bytes = len(text.encode())
    except UnicodeEncodeError:
        raise PydanticCustomError("surrogate", "remove the lone surrogates") from None
    except ValueError:
        raise PydanticCustomError("not_finite", "use finite numbers") from None
    if ESCAPED_NUL.search(text):
        raise PydanticCustomError("nul_character", "remove the NUL characters")
    if size_bytes > JSON_BYTES_MAX:
        raise PydanticCustomError("too_large", f"at most {JSON_BYTES_MAX} bytes of JSON fit")
    return value


def transcript_text(text: str) -> str:
    """Reject a transcript text that is too large."""
    if len(text.encode()) > TRANSCRIPT_TEXT_BYTES_MAX:
        remedy = f"at most {TRANSCRIPT_TEXT_BYTES_MAX} bytes of UTF-8 fit; split the session"
        raise PydanticCustomError("too_large", remedy)
    return text


def transcript_json(text: str) -> str:
    """Reject a document that is too large; PostgreSQL checks whether it is JSON."""
    if len(text.encode()) > TRANSCRIPT_JSON_BYTES_MAX:
        remedy = f"at most {TRANSCRIPT_JSON_BYTES_MAX} bytes of UTF-8 fit; split the session"
        raise PydanticCustomError("too_large", remedy)
    return text


def bytes_of_hexadecimal(value: object) -> object:
    """Decode a string of hexadecimal digits; return other values unchanged."""
    if not isinstance(value, str):
        return value
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise PydanticCustomError("hexadecimal", "give hexadecimal digits") from None


T = TypeVar("T")
# A field that may be omitted but not be null.
Given = Annotated[T | None, AfterValidator(not_null)]

Text = Annotated[str, AfterValidator(storable_text)]
Name = Annotated[
    Text, Field(min_length=1, max_length=NAME_CHARACTERS_MAX), AfterValidator(not_blank)
]
CharacterName = Annotated[
    Text, Field(min_length=1, max_length=CHARACTER_NAME_CHARACTERS_MAX), AfterValidator(not_blank)
]
Slug = Annotated[str, Field(max_length=SLUG_CHARACTERS_MAX, pattern=SLUG_PATTERN)]
Line = Annotated[Text, Field(max_length=LINE_CHARACTERS_MAX)]
LongText = Annotated[Text, Field(max_length=LONG_TEXT_CHARACTERS_MAX)]
Lines = Annotated[tuple[Line, ...], Field(max_length=LIST_ITEMS_MAX)]
Email = Annotated[Text, Field(max_length=254, pattern=EMAIL_PATTERN)]
TimeZone = Annotated[Text, Field(max_length=64, pattern=TIME_ZONE_PATTERN)]
KnownTimeZone = Annotated[TimeZone, AfterValidator(known_zone)]
Password = Annotated[
    Text, Field(min_length=PASSWORD_CHARACTERS_MIN, max_length=PASSWORD_CHARACTERS_MAX)
]
Language = Annotated[str, Field(pattern=LANGUAGE_PATTERN)]
TranscriptText = Annotated[Text, AfterValidator(transcript_text)]
TranscriptJson = Annotated[Text, AfterValidator(transcript_json)]

CampaignId = Annotated[str, AfterValidator(canonical_uuid)]
Revision = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
Count = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
Positive = Annotated[int, Field(ge=1, le=INTEGER_MAX)]
Integers = Annotated[
    tuple[Annotated[int, Field(ge=-INTEGER_MAX, le=INTEGER_MAX)], ...],
    Field(max_length=LIST_ITEMS_MAX),
]
Size = Annotated[int, Field(ge=0, le=BIGINT_MAX)]
Money = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=6)]
Gold = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
Credit = Annotated[Decimal, Field(max_digits=12, decimal_places=4)]
Experience = Annotated[Decimal, Field(ge=0, max_digits=65, decimal_places=30)]
Level = Annotated[int, Field(ge=1, le=100)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Loudness = Annotated[float, Field(ge=-200, le=100, allow_inf_nan=False)]
Sha256 = Annotated[
    bytes,
    Field(min_length=32, max_length=32),
    BeforeValidator(bytes_of_hexadecimal),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
]

Instant = Annotated[AwareDatetime, AfterValidator(plausible_instant)]
WallClockTime = Annotated[time, AfterValidator(wall_clock_time)]
Json = Annotated[JsonValue, AfterValidator(storable_json)]
JsonObject = Annotated[dict[str, JsonValue], AfterValidator(storable_json)]
JsonList = Annotated[
    tuple[JsonValue, ...], Field(max_length=LIST_ITEMS_MAX), AfterValidator(storable_json)
]

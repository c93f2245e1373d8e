"""Remedies for invalid inputs, by pydantic's error type."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic_core import ErrorDetails

from campaigns.fields import EMAIL_PATTERN, LANGUAGE_PATTERN, SLUG_PATTERN, TIME_ZONE_PATTERN

# By pydantic's error type, or else by its first word.
REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "missing": "give it a value",
        "extra_forbidden": "leave it out",
        "string_too_long": "give at most {max_length} characters",
        "string_too_short": "give at least {min_length} characters",
        "too_long": "give at most {max_length} {unit}",
        "too_short": "give at least {min_length} {unit}",
        "less_than": "give less than {lt}",
        "less_than_equal": "give {le} or less",
        "greater_than": "give more than {gt}",
        "greater_than_equal": "give {ge} or more",
        "finite_number": "give a number",
        "float": "give a number",
        "string_type": "give a text",
        "dict_type": "give an object",
        "tuple_type": "give a list",
        "decimal_max_digits": "give at most {max_digits} digits",
        "decimal_max_places": "give at most {decimal_places} digits after the point",
        "decimal_whole_digits": "give at most {whole_digits} digits before the point",
        "enum": "give {expected}",
        "bool": "give true or false",
        "int": "give a whole number",
        "decimal": "give a number",
        "date": "give a date such as 2026-02-28",
        "time": "give a time such as 19:30",
        "datetime": "give a date and a time such as 2026-02-28T19:30:00Z",
        "timezone": "give the time zone too, such as 2026-02-28T19:30:00Z",
    }
)
SHAPES: Mapping[str, str] = MappingProxyType(
    {
        EMAIL_PATTERN: "give an address such as mira@example.org",
        LANGUAGE_PATTERN: "give a language such as en or de-AT",
        SLUG_PATTERN: "give small letters and digits with hyphens between, such as the-keep",
        TIME_ZONE_PATTERN: "give a time zone such as Europe/Berlin",
    }
)


def remedy(error: ErrorDetails) -> str:
    """Return the remedy for an error; pydantic's message if there is none."""
    facts = error.get("ctx", {})
    kind = error["type"]
    if facts.get("min_length") == 1:
        return REMEDIES["missing"]
    words = (
        SHAPES.get(str(facts.get("pattern")))
        or REMEDIES.get(kind)
        or REMEDIES.get(kind.partition("_")[0])
    )
    if words is None:
        return error["msg"]
    unit = "characters" if isinstance(error["input"], str) else "entries"
    return words.format_map({**facts, "unit": unit})

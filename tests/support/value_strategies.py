"""Random values of PostgreSQL's types as it prints them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def timestamp(moment: datetime) -> str:
    """Return a moment as PostgreSQL prints it, without zone: no trailing zeros."""
    text = moment.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")
    return text + (f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else "")


def scalars(moments: st.SearchStrategy[str]) -> dict[str, st.SearchStrategy[str]]:
    """Return texts as PostgreSQL prints the values of each type."""
    return {
        "text": TEXTS,
        "bigint": st.integers(-(2**63), 2**63 - 1).map(str),
        "numeric(65,30)": st.decimals(-(10**30), 10**30, places=30).map(lambda n: f"{n:f}"),
        "double precision": st.floats().map(postgresql_float),
        "boolean": st.sampled_from("tf"),
        "timestamp with time zone": moments.map(lambda text: f"{text}+00"),
        "timestamp without time zone": moments,
        "date": st.dates(date(1, 1, 1)).map(str),
        "bytea": st.binary().map(lambda data: "\\x" + data.hex()),
    }


def postgresql_float(number: float) -> str:
    """Return a double as PostgreSQL prints it: its shortest digits, an exponent from 1e15 on."""
    if number != number:  # noqa: PLR0124 - the definition of NaN
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "-0" if str(number).startswith("-") else "0"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    power = len(digits) - 1 + int(exponent)
    text = "".join(map(str, digits))
    if -4 <= power < 15:
        written = f"{Decimal(repr(abs(number))):f}"
        written = written.rstrip("0").rstrip(".") if "." in written else written
    else:
        mantissa = text[0] + ("." + text[1:] if text[1:] else "")
        written = f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02}"
    return f"{'-' if sign else ''}{written}"


SCALARS = scalars(st.datetimes(datetime(1, 1, 1)).map(timestamp))  # noqa: DTZ001 - of any zone

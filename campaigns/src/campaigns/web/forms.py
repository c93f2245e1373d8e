"""Forms: declared once as fields, parsed into inputs, and shown again with problems by field.

FIELDS = (Field("name", "Name", required=True), Field("notes", "Notes", Widget.TEXT))

texts = await read_form(request, FIELDS)
try:
    new = NewThing(**values_of(FIELDS, texts))
except Invalid as refusal:
    return page(request, "thing.html.j2", status=422, form=refused(FIELDS, texts, refusal))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from starlette.requests import Request

from campaigns.errors import Conflict, Invalid, Problem

CHECKED = "on"


class Widget(StrEnum):
    """The control of a field, which also determines how its text is parsed."""

    LINE = "line"
    TEXT = "text"
    LIST = "list"
    CHOICE = "choice"
    CHECK = "check"
    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105 - the name of a widget


class WhenEmpty(StrEnum):
    """The meaning of an empty field."""

    NULL = "sets the value to null"
    OMIT = "omits the field from the input"
    SEND = "sends the empty text"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    Attributes:
        name: the input's field.
        label: the visible label.
        widget: the control.
        when_empty: the meaning of an empty field.
        required: whether the browser requires a value.
        hint: a line of help under the field.
        choices: pairs of value and label.
        autocomplete: HTML's `autocomplete` token.
        rows: height of a text area, in lines.
    """

    name: str
    label: str
    widget: Widget = Widget.LINE
    when_empty: WhenEmpty = WhenEmpty.NULL
    required: bool = False
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    autocomplete: str = ""
    rows: int = 4


@dataclass(frozen=True, slots=True)
class FieldState:
    """A field with its text and its problem.

    Attributes:
        field: the field.
        text: its text.
        problem: its problem; empty if there is none.
        has_focus: whether it is the first field with a problem.
    """

    field: Field
    text: str
    problem: str
    has_focus: bool


@dataclass(frozen=True, slots=True)
class Form:
    """A form to show.

    Attributes:
        fields: its fields, by name, in order.
        problems: problems that belong to no field of the form.
    """

    fields: Mapping[str, FieldState]
    problems: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Return whether the form has a problem."""
        return bool(self.problems) or any(one.problem for one in self.fields.values())

    @property
    def status(self) -> HTTPStatus:
        """Return the HTTP status of a page that shows the form."""
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.is_refused else HTTPStatus.OK


async def read_form(request: Request, fields: Sequence[Field]) -> dict[str, str]:
    """Return the submitted text of each field; empty for fields that were not sent."""
    form = await request.form()
    sent = {field.name: form.get(field.name) for field in fields}
    return {
        name: value.replace("\r\n", "\n") if isinstance(value, str) else ""
        for name, value in sent.items()
    }


def values_of(fields: Sequence[Field], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values for an input, by field."""
    values: dict[str, Any] = {}
    for field in fields:
        text = texts.get(field.name, "")
        match field.widget, field.when_empty:
            case Widget.LIST, _:
                values[field.name] = lines_of(text)
            case Widget.CHECK, _:
                values[field.name] = text == CHECKED
            case _, WhenEmpty.OMIT if not text:
                pass
            case _, WhenEmpty.NULL if not text:
                values[field.name] = None
            case _:
                values[field.name] = text
    return values


def texts_of(fields: Sequence[Field], record: Any) -> dict[str, str]:
    """Return the texts of a record for its edit form."""
    return {field.name: text_of(field, getattr(record, field.name)) for field in fields}


def text_of(field: Field, value: Any) -> str:
    """Return the text of a value for a field."""
    match field.widget, value:
        case _, None:
            return ""
        case Widget.LIST, _:
            return "\n".join(value)
        case Widget.CHECK, _:
            return CHECKED if value else ""
        case _:
            return str(value)


def lines_of(text: str) -> tuple[str, ...]:
    """Return the lines of a text, without empty ones."""
    return tuple(filter(None, map(str.strip, text.split("\n"))))


def shown(
    fields: Sequence[Field], texts: Mapping[str, str], problems: Sequence[Problem] = ()
) -> Form:
    """Return a form to show, with each problem beside its field."""
    names = [field.name for field in fields]
    by_name: dict[str, list[str]] = {}
    for problem in problems:
        by_name.setdefault(problem.field.split(".")[0], []).append(sentence(problem.remedy))
    first = next((name for name in names if name in by_name), None)
    states = {
        field.name: FieldState(
            field,
            "" if field.widget is Widget.PASSWORD else texts.get(field.name, ""),
            " ".join(by_name.get(field.name, ())),
            field.name == first,
        )
        for field in fields
    }
    others = [text for name, found in by_name.items() if name not in states for text in found]
    return Form(states, tuple(others))


def refused(fields: Sequence[Field], texts: Mapping[str, str], refusal: Invalid | Conflict) -> Form:
    """Return a rejected form, with the typed texts and the problems."""
    if isinstance(refusal, Conflict):
        remedy = f"{refusal.kind}; {refusal.remedy}"
        return shown(fields, texts, [Problem(refusal.field, refusal.kind, remedy)])
    return shown(fields, texts, refusal.problems)


def sentence(text: str) -> str:
    """Return a text with a capital letter at its start and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."

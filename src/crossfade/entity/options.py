"""The options of a terminal call, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypedDict

from crossfade.entity.client import Client, check_connections
from crossfade.entity.errors import Code, EntityError
from crossfade.entity.javascript import leading_integer

ALL_PAGES: Literal["all"] = "all"
_RESPONSES = ("default", "none", "all_old", "updated_old", "all_new", "updated_new")
_CHOICES: dict[str, tuple[str, ...]] = {
    "order": ("asc", "desc"),
    "data": ("attributes", "raw", "include_keys"),
    "response": _RESPONSES,
    "compare": ("keys", "attributes", "v2"),
    "pager": ("cursor", "raw", "item"),
    "unprocessed": ("item", "raw"),
}


class CursorFormat(Protocol):
    """How a cursor is written as text; replaces the default of `cursor`."""

    def serialize(self, key: Mapping[str, Any]) -> str:
        """The text of a key."""

    def deserialize(self, cursor: str) -> Mapping[str, Any]:
        """The key of a text."""


class OptionsGiven(TypedDict, total=False):
    """What a terminal call accepts; see `Options`."""

    table: str
    attributes: list[str] | tuple[str, ...]
    params: Mapping[str, Any]
    data: Literal["attributes", "raw", "include_keys"]
    response: Literal["default", "none", "all_old", "updated_old", "all_new", "updated_new"]
    return_on_condition_check_failure: bool | Literal["all_old"]
    ignore_ownership: bool
    limit: int
    count: int
    pages: int | Literal["all"]
    cursor: Any
    pager: Literal["cursor", "raw", "item"]
    order: Literal["asc", "desc"]
    consistent: bool
    compare: Literal["keys", "attributes", "v2"]
    hydrate: bool
    concurrent: int
    unprocessed: Literal["item", "raw"]
    preserve_batch_order: bool
    format_cursor: CursorFormat
    original_error: bool
    parse: Callable[[Any], Any]
    token: str
    client: Client
    listeners: Sequence[Callable[[Any], object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a call is built and executed.

    Args:
        table: the table's name.
        attributes: the attributes to project and to return.
        params: merged over the built parameters.
        data: ``raw`` gives the store's response, ``include_keys`` also fields without attribute.
        response: which values a write returns, DynamoDB's ReturnValues in lower case.
        return_on_condition_check_failure: give a refused condition as result, not as error.
        ignore_ownership: skip identifier filters and checks.
        limit: items evaluated per request.
        count: items to gather.
        pages: requests to make, or ``all``.
        cursor: where to continue.
        pager: the form of cursors: text, the key itself, or its composites.
        order: by sort key, ``asc`` or ``desc``.
        consistent: read consistently.
        compare: whether key comparisons are repeated on the attributes.
        hydrate: after a query of a secondary index, fetch whole items from the table.
        concurrent: batch requests in flight.
        unprocessed: ``raw`` gives keys instead of composites.
        preserve_batch_order: batch get gives items in the order of the keys, None for holes.
        format_cursor: replaces the text form of cursors.
        original_error: raise the client's error itself.
        parse: applied to the result.
        token: idempotency token of a transaction.
        client: sends the requests of this call.
        listeners: told about the requests of this call, after those of the entity.
    """

    table: str = ""
    attributes: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    data: str = "attributes"
    response: str = "default"
    return_on_condition_check_failure: bool | str = False
    ignore_ownership: bool | None = None
    limit: int | None = None
    count: int | None = None
    pages: int | str | None = 1
    cursor: Any = None
    pager: str = "cursor"
    order: str = ""
    consistent: bool = False
    compare: str = "keys"
    hydrate: bool = False
    concurrent: int = 1
    unprocessed: str = "item"
    preserve_batch_order: bool = False
    format_cursor: CursorFormat | None = None
    original_error: bool = False
    parse: Callable[[Any], Any] | None = None
    token: str = ""
    client: Client | None = None
    listeners: tuple[Callable[[Any], object], ...] = ()

    def __post_init__(self) -> None:
        for option, choices in _CHOICES.items():
            value = getattr(self, option)
            if value and value not in choices:
                raise _invalid(option, f"must be one of {', '.join(choices)}")
        if self.return_on_condition_check_failure not in (True, False, "all_old"):
            raise _invalid("return_on_condition_check_failure", 'must be true, false or "all_old"')
        if self.count is not None and not (_is_number(self.count) and self.count >= 1):
            raise _invalid("count", "must be a number greater than zero")
        check_connections(self.client, self.listeners)
        cursor_format = self.format_cursor
        if cursor_format is not None and not all(
            callable(getattr(cursor_format, name, None)) for name in ("serialize", "deserialize")
        ):
            raise _invalid("format_cursor", "needs serialize and deserialize")

    @property
    def shapes_records(self) -> bool:
        """Whether records have other attributes than the schema's."""
        return self.data == "include_keys" or bool(self.attributes)

    @property
    def wants_records(self) -> bool:
        """Whether a response is read as records alone, so that its values need no other form."""
        seen = self.parse or self.hydrate or self.listeners
        return not (self.shapes_records or self.data == "raw" or seen)

    @property
    def request_params(self) -> dict[str, Any]:
        """The parameters that options stand for; `params` wins."""
        return self._params("ReturnValues")

    @property
    def transaction_params(self) -> dict[str, Any]:
        """The same for an item of a transaction."""
        return self._params("ReturnValuesOnConditionCheckFailure")

    def _params(self, response_name: str) -> dict[str, Any]:
        params: dict[str, Any] = {}
        if self.order:
            params["ScanIndexForward"] = self.order == "asc"
        if self.response not in ("", "default"):
            params[response_name] = self.response.upper()
        if self.return_on_condition_check_failure == "all_old":
            params["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if self.consistent:
            params["ConsistentRead"] = True
        if self.limit is not None:
            params["Limit"] = self.limit
        if self.table:
            params["TableName"] = self.table
        params.update((name, value) for name, value in self.params.items() if value is not None)
        return params


DEFAULTS = Options()


def options_of(given: Mapping[str, Any]) -> Options:
    """The options of a terminal call.

    Raises:
        EntityError: 1010 for an unknown option or a value out of range.
    """
    if not given:
        return DEFAULTS
    chosen = {name: value for name, value in given.items() if value is not None}
    for option in ("order", "compare", "return_on_condition_check_failure"):
        if isinstance(chosen.get(option), str):
            chosen[option] = chosen[option].lower()
    for option in ("attributes", "listeners"):
        if option in chosen:
            chosen[option] = tuple(chosen[option])
    unknown = chosen.keys() - OptionsGiven.__annotations__.keys()
    if unknown:
        raise _invalid(", ".join(sorted(unknown)), "is no option")
    return Options(**chosen)


def positive(value: Any, option: str, code: Code) -> int:
    """The option as a number above zero; digits in a text count.

    Raises:
        EntityError: it is none, with the given code.
    """
    number = leading_integer(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or number < 1:
        raise EntityError(code, f"option {option} must be a number above zero")
    return int(number)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _invalid(option: str, rule: str) -> EntityError:
    return EntityError(Code.INVALID_OPTIONS, f"option {option} {rule}")

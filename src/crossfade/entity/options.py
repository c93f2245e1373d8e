"""The options of `params`, `go` and `commit`, and their checks."""

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
    """A text form of cursors; replaces that of `requests.cursor`."""

    def serialize(self, key: Mapping[str, Any]) -> str:
        """Return a key as text."""

    def deserialize(self, cursor: str) -> Mapping[str, Any]:
        """Return the key in a text."""


class OptionsGiven(TypedDict, total=False):
    """The keyword arguments of `params`, `go` and `commit`; see `Options`."""

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
    """The options of one call, for the building and the execution of its requests.

    Args:
        table: the table's name.
        attributes: the attributes to project and to return.
        params: request parameters that override those built from the call.
        data: ``attributes`` returns records, ``include_keys`` adds fields without attribute,
            ``raw`` returns the store's response.
        response: the values that a write returns, DynamoDB's ReturnValues in lower case.
        return_on_condition_check_failure: return a result if the condition is false, instead of
            raising an error; ``all_old`` adds the existing item.
        ignore_ownership: skip the filters and checks of identifiers.
        limit: the maximum number of items evaluated per request.
        count: the number of items to collect.
        pages: the number of requests to make, or ``all``.
        cursor: the cursor of an earlier page, after which to resume.
        pager: the form of cursors: text, the key itself, or its composites.
        order: the order by sort key, ``asc`` or ``desc``.
        consistent: read with strong consistency.
        compare: ``attributes`` repeats key comparisons as filter on the attributes, ``v2`` compares
            keys as ElectroDB 2.
        hydrate: after a query of a secondary index, read the items from the table.
        concurrent: the maximum number of batch requests in flight.
        unprocessed: ``raw`` returns keys instead of composites.
        preserve_batch_order: a batch get returns items in the order of the keys, None for absent
            ones.
        format_cursor: the text form of cursors.
        original_error: raise the client's error instead of `StoreError`.
        parse: a function to apply to the response.
        token: the idempotency token of a transaction.
        client: the client for the requests of this call.
        listeners: the listeners for the requests of this call, called after those of the entity.

    Raises:
        EntityError: 1010 for an invalid option, 1021 for a listener, 1023 for a client.
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
            raise _invalid("format_cursor", "must have serialize and deserialize")

    @property
    def alters_records(self) -> bool:
        """Return whether records have other attributes than those of the schema."""
        return self.data == "include_keys" or bool(self.attributes)

    @property
    def only_records(self) -> bool:
        """Return whether only records are read from a response, which then can stay typed."""
        needs_plain = self.parse or self.hydrate or self.listeners
        return not (self.alters_records or self.data == "raw" or needs_plain)

    @property
    def request_params(self) -> dict[str, Any]:
        """Return the request parameters of the options; `params` overrides the others."""
        return self._params("ReturnValues")

    @property
    def transaction_params(self) -> dict[str, Any]:
        """Return the parameters of the options for an item of a transaction."""
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
    """Return the options of a call.

    Raises:
        EntityError: 1010 for an unknown option or an invalid value.
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
        raise _invalid(", ".join(sorted(unknown)), "is not an option")
    return Options(**chosen)


def positive(value: Any, option: str, code: Code) -> int:
    """Return an option as a positive number; a text may start with one.

    Raises:
        EntityError: with the given code, if it is not a positive number.
    """
    number = leading_integer(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or number < 1:
        raise EntityError(code, f"option {option} must be a number greater than zero")
    return int(number)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _invalid(option: str, rule: str) -> EntityError:
    return EntityError(Code.INVALID_OPTIONS, f"option {option} {rule}")

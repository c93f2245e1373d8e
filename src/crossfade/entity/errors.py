"""The errors of entities, with ElectroDB's codes and names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from crossfade.errors import CrossfadeError


class Code(IntEnum):
    """ElectroDB's error codes: 1xxx for declarations, 2xxx calls, 3xxx values, 4xxx the store."""

    NO_CLIENT_DEFINED = 1001
    INVALID_IDENTIFIER = 1002
    INVALID_KEY_COMPOSITE_ATTRIBUTE_TEMPLATE = 1003
    DUPLICATE_INDEXES = 1004
    COLLECTION_NO_SK = 1005
    DUPLICATE_COLLECTIONS = 1006
    MISSING_PRIMARY_INDEX = 1007
    INVALID_ATTRIBUTE_DEFINITION = 1008
    INVALID_MODEL = 1009
    INVALID_OPTIONS = 1010
    INVALID_FILTER = 1011
    INVALID_WHERE = 1012
    INVALID_JOIN = 1013
    DUPLICATE_INDEX_FIELDS = 1014
    DUPLICATE_INDEX_COMPOSITE_ATTRIBUTES = 1015
    INVALID_ATTRIBUTE_WATCH_DEFINITION = 1016
    INCOMPATIBLE_KEY_COMPOSITE_ATTRIBUTE_TEMPLATE = 1017
    INVALID_INDEX_WITH_ATTRIBUTE_NAME = 1018
    INVALID_COLLECTION_ON_INDEX_WITH_ATTRIBUTE_FIELD_NAMES = 1019
    INCOMPATIBLE_KEY_CASING = 1020
    INVALID_LISTENER_PROVIDED = 1021
    INVALID_LOGGER_PROVIDED = 1022
    INVALID_CLIENT_PROVIDED = 1023
    INCONSISTENT_INDEX_DEFINITION = 1024
    INVALID_PROJECTION_DEFINITION = 1025
    INVALID_INDEX_DEFINITION = 1026
    MISSING_ATTRIBUTE = 2001
    INCOMPLETE_COMPOSITE_ATTRIBUTES = 2002
    MISSING_TABLE = 2003
    INVALID_CONCURRENCY_OPTION = 2004
    INVALID_PAGES_OPTION = 2005
    INVALID_LIMIT_OPTION = 2006
    INVALID_CONVERSION_KEYS_PROVIDED = 2007
    INVALID_CONVERSION_CURSOR_PROVIDED = 2008
    INVALID_CONVERSION_COMPOSITE_PROVIDED = 2009
    DUPLICATE_UPDATE_COMPOSITES_PROVIDED = 2010
    INVALID_INDEX_OPTION = 2011
    INCOMPLETE_INDEX_COMPOSITES_ATTRIBUTES_PROVIDED = 2012
    INVALID_QUERY_PARAMETERS = 2013
    INVALID_ATTRIBUTE = 3001
    AWS_ERROR = 4001
    OPERATION_ABORTED = 4002
    UNKNOWN_ERROR = 5001


_SPELLED = {Code.COLLECTION_NO_SK: "CollectionNoSK", Code.AWS_ERROR: "AWSError"}


def name_of(code: Code) -> str:
    """Return ElectroDB's name of a code, such as ``InvalidAttribute``."""
    return _SPELLED.get(code) or "".join(word.capitalize() for word in code.name.split("_"))


@dataclass(frozen=True, slots=True)
class Fault:
    """A rejected value of an attribute.

    Attributes:
        path: the attribute's path, such as ``contact.phones[*]``.
        reason: the rule that it breaks, or the message of the validator.
        index: the index of a rejected element in its list.
    """

    path: str
    reason: str
    index: int | None = None


class EntityError(CrossfadeError):
    """An invalid declaration, call or value, of which no DynamoDB request can be made.

    Args:
        code: ElectroDB's code.
        message: the fault and the remedy; never contains a value of the caller's data.
        faults: the rejected values, if the code is `Code.INVALID_ATTRIBUTE`.
    """

    def __init__(self, code: Code, message: str, *, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(f"{message} [{int(code)} {name_of(code)}]")
        self.code: int = int(code)
        self.name: str = name_of(code)
        self.faults = faults


class MisuseError(EntityError):
    """An operator that does not support the attribute's type; ElectroDB raises a plain error."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.INVALID_ATTRIBUTE, message)


def invalid_value(path: str, reason: str, *, index: int | None = None) -> EntityError:
    """Return the error for a rejected value of one attribute."""
    return EntityError(
        Code.INVALID_ATTRIBUTE, f"{path}: {reason}", faults=(Fault(path, reason, index),)
    )


def kind_of(value: object) -> str:
    """Return the class name of a value, for messages, which never contain the value itself."""
    return "nothing" if value is None else type(value).__name__

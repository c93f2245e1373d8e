"""`crossfade keys` and `crossfade params`: the keys of items, and the parameters of calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import orjson
import typer

from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.console import AsJson, clear_errors, print_json, print_table
from crossfade.entity import Entity
from crossfade.entity.values.attribute_values import unmarshal_item
from crossfade.errors import ConfigurationError
from crossfade.mapping.application import Application
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.codec.shapes import Item
from crossfade.mapping.declaration.columns import Shape
from crossfade.mapping.declaration.mapping import Mapping as TableMapping
from crossfade.mapping.state import Key, Live
from crossfade.settings import load_settings

app = typer.Typer()

OPERATIONS = (
    "get",
    "put",
    "create",
    "upsert",
    "update",
    "patch",
    "delete",
    "remove",
    "query.PATTERN",
)


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key field of one entity."""

    entity: str
    index: str
    field: str
    template: str
    example: str


@app.command()
def keys(*, application: ApplicationOption = "", as_json: AsJson = False) -> None:
    """Print each entity's key templates with an example.

    Examples:

        crossfade keys

        crossfade keys --json | jq '.[] | select(.field == "pk")'
    """
    with clear_errors():
        lines = list(_key_lines(find_application(application)))
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        cells = [tuple(asdict(line).values()) for line in lines]
        print_table("Keys", ("entity", "index", "field", "template", "example"), cells)


@app.command()
def params(
    call: Annotated[
        str,
        typer.Argument(
            metavar="ENTITY.OPERATION",
            help="For example campaigns.create, session.get, sessions.update, member.query.byUser.",
        ),
    ],
    *,
    values: Annotated[
        str, typer.Option(help="Attributes as a JSON object; they override the example's.")
    ] = "{}",
    example: Annotated[
        bool, typer.Option("--example/--no-example", help="Start from the example row.")
    ] = True,
    table: Annotated[
        str, typer.Option(help="The table's name; by default the one in the settings.")
    ] = "",
    application: ApplicationOption = "",
) -> None:
    """Print the exact DynamoDB parameters of a call, as ElectroDB would send them.

    Examples:

        crossfade params campaigns.create --example

        crossfade params campaigns.update --values '{"name": "The Sunken Keep"}'

        crossfade params member.query.byUser
    """
    with clear_errors():
        found = find_application(application)
        named = table or load_settings().dynamodb_table_name
        print_json(_parameters(found, call, values, example=example, table=named))


def _key_lines(application: Application) -> Iterator[KeyLine]:
    for mapping in application.mappings:
        for shape, entity in zip(mapping.shapes, mapping.entities, strict=True):
            item = _example_item(application, mapping, shape)
            for index in entity.indexes.values():
                declared = shape.indexes[index.name]
                for form, side in zip(
                    index.keys, (declared["pk"], declared.get("sk")), strict=False
                ):
                    yield KeyLine(
                        entity=shape.entity,
                        index=index.index or "table",
                        field=form.field,
                        template=side.get("template") or " + ".join(side["composite"]),
                        example=next(iter(item.get(form.field, {}).values()), ""),
                    )


def _example_item(application: Application, mapping: TableMapping, shape: Shape) -> Item:
    """Return the item of the example row in this shape, with earlier shapes excluded."""
    row = application.examples.get(mapping.name)
    if row is None:
        return {}
    before = mapping.shapes[: mapping.shapes.index(shape)]
    others = {name for one in before for name in one.table_composites()}
    absent = others - set(shape.table_composites())
    columns = {
        column.name: None if column.attribute in absent else row.get(column.name)
        for column in mapping.columns
    }
    return Codec(mapping).encode(Live(Key(mapping.name, ()), 1, columns)).item


def _parameters(
    application: Application, call: str, values: str, *, example: bool, table: str
) -> Mapping[str, Any]:
    name, _, operation = call.partition(".")
    mapping = application.find(name)
    entity = mapping.entities[0]
    shown = _example_item(application, mapping, mapping.shapes[0]) if example else {}
    return _build(entity, operation, _attributes(entity, shown), _object(values), table)


def _attributes(entity: Entity[Any], item: Item) -> dict[str, Any]:
    """Return an item's attributes by their names in the schema."""
    stored = unmarshal_item(item)
    return {
        name: stored[attribute.field or name]
        for name, attribute in entity.schema.attributes.items()
        if (attribute.field or name) in stored
    }


def _object(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(
            f"--values: invalid JSON at byte {error.pos}; quote the value"
        ) from None
    if not isinstance(value, dict):
        raise ConfigurationError('--values: needs a JSON object, for example {"name": "x"}')
    return value


def _build(
    entity: Entity[Any],
    operation: str,
    example: dict[str, Any],
    given: dict[str, Any],
    table: str,
) -> Mapping[str, Any]:
    """Return the parameters; an update sets the given attributes, or all of the example's."""
    kind, _, pattern = operation.partition(".")
    record = example | given
    names = next(index for index in entity.indexes.values() if not index.index).composites
    composites = {name: record[name] for name in names if name in record}
    match kind:
        case "put" | "create" | "upsert":
            chain = getattr(entity, kind)(record)
        case "get" | "delete" | "remove":
            chain = getattr(entity, kind)(composites)
        case "update" | "patch":
            changes = {
                name: value for name, value in (given or record).items() if name not in names
            }
            chain = getattr(entity, kind)(composites).set(changes)
        case "query" if pattern in entity.indexes:
            known = {name: record.get(name) for name in entity.indexes[pattern].composites}
            chain = getattr(entity.query, pattern)(known)
        case "query":
            raise ConfigurationError(
                f"no access pattern {pattern!r}; one of query.{', query.'.join(entity.indexes)}"
            )
        case _:
            raise ConfigurationError(f"no operation {kind!r}; one of {', '.join(OPERATIONS)}")
    parameters: Mapping[str, Any] = chain.params(table=table)
    return parameters

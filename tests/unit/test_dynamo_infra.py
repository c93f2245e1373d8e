"""The CloudFormation template and the command line make the same table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from crossfade.dynamo import Plan
from crossfade.dynamo.admin.plan import creation

TEMPLATE = Path(__file__).parents[2] / "infra" / "crossfade.yaml"


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short functions as what they are applied to."""


def _function(loader: Loader, _suffix: str, node: yaml.Node) -> Any:
    match node:
        case yaml.ScalarNode():
            return loader.construct_scalar(node)
        case yaml.SequenceNode():
            return loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            return loader.construct_mapping(node, deep=True)
        case _:
            raise TypeError(f"{type(node).__name__} in the template")


Loader.add_multi_constructor("!", _function)


def resources() -> dict[str, Any]:
    with TEMPLATE.open() as file:
        template: dict[str, Any] = yaml.load(file, Loader)  # noqa: S506 - a subclass of SafeLoader
    found: dict[str, Any] = template["Resources"]
    return found


def statements(policy: str) -> list[dict[str, Any]]:
    """The statements of one of our policies, those under a condition left out."""
    document = resources()[policy]["Properties"]["PolicyDocument"]
    return [statement for statement in document["Statement"] if isinstance(statement, dict)]


def actions(statement: dict[str, Any]) -> list[str]:
    """What a statement allows, one by one."""
    listed = statement["Action"]
    return [listed] if isinstance(listed, str) else listed


def test_the_template_has_the_table_of_the_command_line() -> None:
    properties = resources()["Table"]["Properties"]
    planned = creation(Plan("crossfade"))
    shared = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    assert {name: properties[name] for name in shared} == {name: planned[name] for name in shared}
    assert properties["DeletionProtectionEnabled"] is planned["DeletionProtectionEnabled"]
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize(
    "policy", ["WriterPolicy", "ReaderPolicy", "KeeperPolicy", "OperatorPolicy"]
)
def test_a_policy_allows_named_actions_on_named_resources_only(policy: str) -> None:
    allowed = statements(policy)
    assert {statement["Effect"] for statement in allowed} == {"Allow"}
    assert [action for one in allowed for action in actions(one) if "*" in action] == []
    assert "*" not in [statement["Resource"] for statement in allowed]


def test_writers_delete_nothing_and_readers_write_nothing() -> None:
    writing, reading = (
        {action for statement in statements(policy) for action in actions(statement)}
        for policy in ("WriterPolicy", "ReaderPolicy")
    )
    assert writing - reading == {"dynamodb:PutItem", "dynamodb:PartiQLInsert", "s3:PutObject"}
    assert reading == {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:DescribeTable",
        "s3:GetObject",
        "s3:ListBucket",
    }


def test_what_holds_data_outlives_the_stack() -> None:
    kept = {name for name, found in resources().items() if found.get("DeletionPolicy") == "Retain"}
    assert kept == {"Table", "Bucket"}

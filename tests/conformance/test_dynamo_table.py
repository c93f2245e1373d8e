"""Tables are created as planned, described, guarded and deleted, on every engine."""

from __future__ import annotations

import asyncio

import pytest

from crossfade.dynamo import (
    Client,
    Config,
    Index,
    Plan,
    create_table,
    delete_table,
    describe_table,
)
from crossfade.errors import ConfigurationError, NoSuchStore, Unreachable
from support.dynamo_tables import config_of
from support.engines.values import DynamoEngine


@pytest.fixture
def config(dynamo: DynamoEngine) -> Config:
    return config_of(dynamo)


@pytest.fixture
def name(name_prefix: str) -> str:
    return f"{name_prefix}table"


async def test_a_created_table_is_as_planned(
    config: Config, name: str, dynamo: DynamoEngine
) -> None:
    found = await create_table(config, Plan(name))
    assert (found.name, found.status, found.keys) == (name, "ACTIVE", ("pk", "sk"))
    assert found.indexes == (Index("gsi1", "gsi1pk", "gsi1sk"),)
    assert found.billing == "PAY_PER_REQUEST"
    assert found.ttl_attribute is None
    if "pitr" in dynamo.supports:
        assert found.point_in_time_recovery
        assert found.deletion_protection
        assert found.notes == ()
    else:
        assert [note.partition(":")[0] for note in found.notes] == [
            "deletion protection",
            "point-in-time recovery",
        ]


async def test_creating_again_changes_nothing(config: Config, name: str) -> None:
    first = await create_table(config, Plan(name))
    assert await create_table(config, Plan(name)) == first


async def test_creating_at_the_same_time_makes_one_table(config: Config, name: str) -> None:
    found = await asyncio.gather(*(create_table(config, Plan(name)) for _ in range(4)))
    assert {table.status for table in found} == {"ACTIVE"}


async def test_creating_again_switches_guards_on_but_never_off(
    config: Config, name: str, dynamo: DynamoEngine
) -> None:
    if "pitr" not in dynamo.supports or "ttl" not in dynamo.supports:
        pytest.skip(f"{dynamo.name} has no guards")
    bare = Plan(name, point_in_time_recovery=False, deletion_protection=False)
    found = await create_table(config, bare)
    assert (found.point_in_time_recovery, found.deletion_protection) == (False, False)
    guarded = await create_table(config, Plan(name, ttl_attribute="expiresAt"))
    assert (guarded.point_in_time_recovery, guarded.deletion_protection) == (True, True)
    assert guarded.ttl_attribute == "expiresAt"
    assert await create_table(config, bare) == guarded


async def test_a_table_can_do_without_index_or_have_several(config: Config, name: str) -> None:
    assert (await create_table(config, Plan(f"{name}-0", indexes=()))).indexes == ()
    several = (Index(), Index("gsi2", "gsi2pk", "gsi2sk"))
    found = await create_table(config, Plan(f"{name}-2", indexes=several))
    assert set(found.indexes) == set(several)


async def test_a_table_that_lacks_an_index_is_refused(config: Config, name: str) -> None:
    await create_table(config, Plan(name, indexes=()))
    with pytest.raises(ConfigurationError, match="lacks the index gsi1"):
        await create_table(config, Plan(name))


async def test_an_index_with_other_keys_is_refused(config: Config, name: str) -> None:
    await create_table(config, Plan(name))
    with pytest.raises(ConfigurationError, match="gsi1"):
        await create_table(config, Plan(name, indexes=(Index("gsi1", "other", "gsi1sk"),)))


async def test_a_table_with_other_keys_is_refused(config: Config, name: str) -> None:
    async with Client(config) as client:
        await client.call(
            "CreateTable",
            {
                "TableName": name,
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
    with pytest.raises(ConfigurationError, match="has the keys id instead of"):
        await create_table(config, Plan(name))


async def test_a_protected_table_is_deleted_only_by_force(
    config: Config, name: str, dynamo: DynamoEngine
) -> None:
    await create_table(config, Plan(name))
    if "pitr" in dynamo.supports:
        with pytest.raises(ConfigurationError, match="deletion protection is on"):
            await delete_table(config, name)
        assert (await describe_table(config, name)).status == "ACTIVE"
    await delete_table(config, name, force=True)
    with pytest.raises(NoSuchStore):
        await describe_table(config, name)
    with pytest.raises(NoSuchStore):
        await delete_table(config, name, force=True)


async def test_an_engine_out_of_reach_is_unreachable(name: str) -> None:
    nowhere = Config(
        "eu-central-1",
        endpoint="http://127.0.0.1:9",
        access_key="AK",
        secret_key="SK",
        attempts_max=1,
    )
    with pytest.raises(Unreachable, match="describe_table"):
        await describe_table(nowhere, name)

"""The migration's target: versioned puts into a table, and strongly consistent reads."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from crossfade.dynamo.batch import batch_get
from crossfade.dynamo.client import Client, encode
from crossfade.dynamo.insert import insert
from crossfade.errors import ConditionFailed, Contended
from crossfade.mapping.state import Insertion
from crossfade.ports import Item

CONDITION = "attribute_not_exists(cf_v) OR cf_v < :version"
TOMBSTONE_CONDITION = "attribute_not_exists(cf_v) OR (cf_deleted = :yes AND cf_v = :version)"
READ_BACKS_MAX = 3


class Target:
    """The items of one table in DynamoDB JSON; each has its version in ``cf_v``.

    Args:
        client: a client of the table's region.
        table: the table's name.
        key_attributes: the names of the table's keys.
    """

    def __init__(
        self, client: Client, table: str, key_attributes: tuple[str, ...] = ("pk", "sk")
    ) -> None:
        self._client = client
        self._table = table
        self._key_attributes = key_attributes
        options = {
            "TableName": table,
            "ConditionExpression": CONDITION,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        self._put = encode("PutItem", options)[:-1] + b',"Item":'

    def put(self, item: Item, version: int) -> Coroutine[Any, Any, Item | None]:
        """Write an item as `put_json` does; encode it first."""
        return self.put_json(item, encode("PutItem", item), version)

    async def put_json(self, item: Item, content: bytes, version: int) -> Item | None:
        """Write an item unless the stored one has the same or a newer version.

        A stored item without ``cf_v`` is older than any version. If the answer to a put is lost,
        its retry may find the item that the first attempt wrote, with the same version: compare
        the contents.

        Args:
            item: the whole item in DynamoDB JSON, with ``cf_v``.
            content: the same item as JSON.
            version: the number in ``cf_v``.

        Returns:
            None if the item was written, else the stored item.

        Raises:
            Rejected: DynamoDB cannot store this item.
            Unavailable: DynamoDB cannot answer now.
        """
        request = b'%b%b,"ExpressionAttributeValues":{":version":{"N":"%d"}}}' % (
            self._put,
            content,
            version,
        )
        for _ in range(READ_BACKS_MAX):
            try:
                await self._client.send("PutItem", request)
            except ConditionFailed as refusal:
                found = refusal.item or await self._read(item)
                if found is not None:
                    return found
                # Deleted between refusal and read, so the put can succeed.
            else:
                return None
        raise Contended("the item is created and deleted faster than it can be read; try again")

    async def insert_json(self, items: Sequence[Item], values: Sequence[bytes]) -> list[Insertion]:
        """Write each item unless one with its key exists, as `insert` does."""
        return await insert(self._client, self._table, items, values)

    async def get(self, keys: Sequence[Mapping[str, Any]]) -> list[Item]:
        """Return the items of these keys that exist, as `batch_get` does."""
        return await batch_get(self._client, self._table, keys)

    async def remove_tombstone(self, key: Mapping[str, Any], version: int) -> bool:
        """Delete a tombstone, if it has this version.

        Args:
            key: the item's key in DynamoDB JSON.
            version: the tombstone's version.

        Returns:
            True if no item has the key now; False if it has another versioned item, which is kept.

        Raises:
            Unavailable: DynamoDB cannot answer now.
        """
        try:
            await self._client.call(
                "DeleteItem",
                {
                    "TableName": self._table,
                    "Key": key,
                    "ConditionExpression": TOMBSTONE_CONDITION,
                    "ExpressionAttributeValues": {
                        ":version": {"N": str(version)},
                        ":yes": {"BOOL": True},
                    },
                },
            )
        except ConditionFailed:
            return False
        return True

    async def _read(self, item: Item) -> Item | None:
        """Return the stored item, which some engines do not send with a refusal."""
        key = {name: item[name] for name in self._key_attributes}
        request = {"TableName": self._table, "Key": key, "ConsistentRead": True}
        answer = await self._client.call("GetItem", request)
        found: Item | None = answer.get("Item")
        return found

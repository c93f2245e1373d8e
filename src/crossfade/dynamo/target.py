"""The table as the store that follows: versioned puts, consistent reads."""

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
GRAVE_CONDITION = "attribute_not_exists(cf_v) OR (cf_deleted = :yes AND cf_v = :version)"
READ_BACKS_MAX = 3


class Target:
    """Items of one table in DynamoDB JSON; each carries its version in ``cf_v``."""

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
        """Write an item as `put_json` does."""
        return self.put_json(item, encode("PutItem", item), version)

    async def put_json(self, item: Item, content: bytes, version: int) -> Item | None:
        """Write an item unless the stored one has the same or a newer version.

        An item without ``cf_v`` is older than any version. A put that is repeated after a lost
        answer may find the item it wrote itself, of the very version: compare contents.

        Args:
            item: the whole item, its ``cf_v`` included.
            content: it as JSON.
            version: the number in its ``cf_v``.

        Returns:
            None when written, else the item that stands there.

        Raises:
            Rejected: DynamoDB cannot store this item.
            Unavailable: it cannot now.
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
                # Deleted between refusal and read: the way is free again.
            else:
                return None
        raise Contended("the item comes and goes faster than it can be read; try again")

    async def insert_json(self, items: Sequence[Item], values: Sequence[bytes]) -> list[Insertion]:
        """Write items where none stands, whatever its version, as `insert.insert` does."""
        return await insert(self._client, self._table, items, values)

    async def get(self, keys: Sequence[Mapping[str, Any]]) -> list[Item]:
        """Return the items of these keys that exist, strongly consistent, in no order."""
        return await batch_get(self._client, self._table, keys)

    async def remove_tombstone(self, key: Mapping[str, Any], version: int) -> bool:
        """Remove a tombstone of this very version.

        Returns:
            Whether there is none of it now; False when something else stands under the key.

        Raises:
            Unavailable: DynamoDB cannot now.
        """
        try:
            await self._client.call(
                "DeleteItem",
                {
                    "TableName": self._table,
                    "Key": key,
                    "ConditionExpression": GRAVE_CONDITION,
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
        """Read an item back from a store that does not say what it refused for."""
        key = {name: item[name] for name in self._key_attributes}
        request = {"TableName": self._table, "Key": key, "ConsistentRead": True}
        answer = await self._client.call("GetItem", request)
        found: Item | None = answer.get("Item")
        return found

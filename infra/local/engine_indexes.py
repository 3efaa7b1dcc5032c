"""Lists that are late, as on AWS, where an index shows a change some time after the table does.

MiniStack's indexes show every change at once. With `MOTORPOOL_INDEX_LAG_SECONDS`, an index shows an
item that was put into it, or taken out of it, that many seconds later.

Runs in the engine's process and uses MiniStack's private names.
"""

import time
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from ministack.services import dynamodb  # type: ignore[import-not-found]

type Key = tuple[str, str]
type Members = dict[Key, None]


class Change(NamedTuple):
    """That an item was put into a partition of an index, or taken out of it.

    `partition`: the table, the index, and the value of its partition key.
    """

    at: float
    partition: tuple[str, str, Any]
    key: Key
    added: bool


def answer_lists_late(seconds: float) -> None:
    """Change MiniStack's indexes."""
    recent: deque[Change] = deque()
    index_item, index_members = dynamodb._index_item, dynamodb._index_members

    def indexed(table: dict[str, Any], pk: str, sk: str, item: Any, add: bool) -> None:
        index_item(table, pk, sk, item, add)
        for index, hash_key, range_key in dynamodb._index_key_schemas(table):
            value = dynamodb._index_partition(item, hash_key, range_key)
            if value is not None:
                partition = (table["TableName"], index, value)
                recent.append(Change(time.monotonic(), partition, (pk, sk), add))

    class LatePartitions:
        def __init__(self, table: str, index: str, partitions: Mapping[Any, Members]) -> None:
            self.table, self.index, self.partitions = table, index, partitions

        def get(self, value: Any, default: Any) -> Members:
            while recent and recent[0].at < time.monotonic() - seconds:
                recent.popleft()
            members = dict(self.partitions.get(value, default))
            for change in reversed(recent):
                if change.partition != (self.table, self.index, value):
                    continue
                if change.added:
                    members.pop(change.key, None)
                else:
                    members[change.key] = None
            return members

    def late_members(table: dict[str, Any]) -> dict[str, LatePartitions]:
        return {
            index: LatePartitions(table["TableName"], index, partitions)
            for index, partitions in index_members(table).items()
        }

    dynamodb._index_item = indexed
    dynamodb._index_members = late_members

"""`motorpool restore`: make the table the same as another one, restored to a point in time.

The stacks name the table, and CloudFormation cannot put another one in its place while they use it.
So its items are replaced, not the table. docs/operations.md has all steps.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import ClientError
from rich.progress import track

from motorpool.aws import code_of
from motorpool.dynamodb import keys, table
from ops.screen import console

Item = dict[str, Any]

# The most items that DynamoDB writes in one call.
BATCH = 25
# How many differing items are held in memory.
AT_ONCE = 1000


class NoRestore(Exception):
    """There is nothing to restore from; nothing was written."""


def restore(
    source: Annotated[
        str, typer.Argument(metavar="TABLE", help="The restored table, in the same account.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be written and deleted.")
    ] = False,
) -> None:
    """Make the table the same as a restored one: write what differs, delete what is not in it.

    Stop all writing first. It can be run again: what is the same already is left alone. The numbers
    of partners' feeds stay as high as they are, so that no event gets the number of a lost one.
    """
    if source == table.table_name():
        raise NoRestore(f"{source} is the table itself: name the restored one")
    have: dict[tuple[str, str], int] = {}
    heads: dict[tuple[str, str], Item] = {}
    for item in items(table.table_name()):
        have[_key(item)] = hash(line(item))
        if _key(item)[1] == keys.FEED_HEAD:
            heads[_key(item)] = item
    same = changed = missing = 0
    for part in batched(_in_order(source), AT_ONCE, strict=False):
        puts = []
        for restored in part:
            item = _higher(restored, heads.get(_key(restored)))
            before = have.pop(_key(item), None)
            same += before == hash(line(item))
            missing += before is None
            changed += before not in {None, hash(line(item))}
            if before != hash(line(item)):
                puts.append({"PutRequest": {"Item": item}})
        if not dry_run:
            written(puts, "writing")
    if not same + changed + missing:
        raise NoRestore(f"{source} has no items: it is another table, or its restore has not ended")
    if not dry_run:
        gone = ({"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in have)
        written([{"DeleteRequest": {"Key": key}} for key in gone], "deleting")
    would = "would be " if dry_run else ""
    console.print(
        f"{same} items are the same, {changed} {would}changed, {missing} {would}added, "
        f"{len(have)} {would}deleted"
    )


def items(of: str) -> Iterator[Item]:
    """Every item of a table, as DynamoDB writes it: `{"pk": {"S": …}}`."""
    pages = boto3.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=of, ConsistentRead=True):
        yield from page["Items"]


def line(item: Item) -> str:
    """An item as a line of JSON; the same text for the same item."""
    return json.dumps(item, sort_keys=True, ensure_ascii=False)


def written(requests: Iterable[Any], doing: str) -> None:
    """Send requests to write to the table, again until DynamoDB has accepted all of them."""
    dynamodb = boto3.client("dynamodb")
    batches = list(batched(requests, BATCH, strict=False))
    for batch in track(batches, doing, console=console, transient=True):
        left: Any = list(batch)
        while left:
            answer = dynamodb.batch_write_item(RequestItems={table.table_name(): left})
            left = answer["UnprocessedItems"].get(table.table_name())


def _in_order(source: str) -> Iterator[Item]:
    """The items, those of feeds before histories.

    The stream tells of each entry that is written, and what says that it is in a feed already must
    be there by then.
    """
    for of_feeds in (True, False):
        for item in _read(source):
            pk, sk = _key(item)
            if (pk.startswith(keys.FEED) or sk == keys.in_feed(pk).sk) == of_feeds:
                yield item


def _higher(restored: Item, present: Item | None) -> Item:
    """The restored item; of two heads of a feed, the one with the higher number."""
    if present and int(present["lastNumber"]["N"]) > int(restored["lastNumber"]["N"]):
        return present
    return restored


def _read(source: str) -> Iterator[Item]:
    try:
        yield from items(source)
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        raise NoRestore(f"there is no table {source}") from error


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]

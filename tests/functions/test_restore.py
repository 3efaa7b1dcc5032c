"""`motorpool restore`: the table gets the items of a restored one."""

from collections.abc import Iterator
from typing import Any

import pytest

import ops.restore as module
from infra.local.world import World
from motorpool.dynamodb import table
from ops.restore import NoRestore, items, line, restore
from tests.functions import wire
from tests.functions.conftest import made_table

RESTORED = "motorpool-restored"


@pytest.fixture
def restored() -> Iterator[str]:
    """A table as it was some time ago: one item was damaged since, one lost, and one added."""
    world = World()
    world.driver(at=world.organization(of=world.partner().id))
    made_table(RESTORED)
    dynamodb = wire.aws("dynamodb")
    then = list(items(table.table_name()))
    for item in then:
        dynamodb.put_item(TableName=RESTORED, Item=item)
    damaged, lost = then[:2]
    dynamodb.put_item(TableName=table.table_name(), Item=damaged | {"name": {"S": "damaged"}})
    key = {name: lost[name] for name in ("pk", "sk")}
    dynamodb.delete_item(TableName=table.table_name(), Key=key)
    added = {"pk": {"S": "VEHICLE#added"}, "sk": {"S": "VEHICLE"}}
    dynamodb.put_item(TableName=table.table_name(), Item=added)
    yield RESTORED
    dynamodb.delete_table(TableName=RESTORED)


def contents(of: str) -> list[str]:
    return sorted(line(item) for item in items(of))


def test_the_table_becomes_the_same_as_the_restored_one(
    restored: str, capsys: pytest.CaptureFixture[str]
) -> None:
    restore(restored)

    assert "1 changed, 1 added, 1 deleted" in capsys.readouterr().out
    assert contents(table.table_name()) == contents(restored)


def test_a_dry_run_counts_the_same_and_writes_nothing(
    restored: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(table.table_name())

    restore(restored, dry_run=True)

    said = "1 would be changed, 1 would be added, 1 would be deleted"
    assert said in capsys.readouterr().out.replace("\n", " ")
    assert contents(table.table_name()) == before


def test_a_restore_that_was_interrupted_can_be_run_again(
    restored: str, capsys: pytest.CaptureFixture[str]
) -> None:
    restore(restored)
    restore(restored)

    assert "0 changed, 0 added, 0 deleted" in capsys.readouterr().out


def head(number: int) -> dict[str, Any]:
    return {"pk": {"S": "FEED#ptr_1"}, "sk": {"S": "HEAD"}, "lastNumber": {"N": str(number)}}


@pytest.mark.parametrize(("restored_number", "kept"), [("80", "100"), ("120", "120")])
def test_no_number_of_a_feed_is_used_again(restored: str, restored_number: str, kept: str) -> None:
    dynamodb = wire.aws("dynamodb")
    dynamodb.put_item(TableName=restored, Item=head(int(restored_number)))
    dynamodb.put_item(TableName=table.table_name(), Item=head(100))

    restore(restored)

    [found] = [item for item in items(table.table_name()) if item["sk"]["S"] == "HEAD"]
    assert found["lastNumber"]["N"] == kept


def test_what_is_in_a_feed_is_written_before_the_entries_that_the_stream_tells_of(
    restored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = {"pk": {"S": "VEHICLE#1"}, "sk": {"S": "IN_FEED"}, "n": {"N": "1"}}
    entry = {"pk": {"S": "VEHICLE#1"}, "sk": {"S": "HISTORY#00000001"}}
    for item in (entry, mark, head(1)):
        wire.aws("dynamodb").put_item(TableName=restored, Item=item)
    order: list[str] = []
    monkeypatch.setattr(module, "AT_ONCE", 1)
    monkeypatch.setattr(
        module,
        "written",
        lambda puts, doing: order.extend(
            put["PutRequest"]["Item"]["sk"]["S"] for put in puts if doing == "writing"
        ),
    )
    restore(restored)
    assert {*order[:2]} == {"IN_FEED", "HEAD"}
    assert "HISTORY#00000001" in order


@pytest.fixture
def empty() -> Iterator[str]:
    made_table("motorpool-empty")
    yield "motorpool-empty"
    wire.aws("dynamodb").delete_table(TableName="motorpool-empty")


def test_what_cannot_be_a_restored_table_empties_nothing(empty: str) -> None:
    World().partner()
    before = contents(table.table_name())

    for wrong in ("motorpool-nowhere", table.table_name(), empty):
        with pytest.raises(NoRestore):
            restore(wrong)
    assert contents(table.table_name()) == before
    assert before

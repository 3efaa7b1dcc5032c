"""`motorpool restore`: the table gets the items of a restored one."""

from collections.abc import Iterator

import pytest

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

"""Once, whole and never lost: transfers and their events, when every call may fail."""

from collections import Counter, defaultdict
from collections.abc import Callable
from copy import copy
from typing import Any

import pytest
from moto.dynamodb.models.table import Table

from tests.functions import wire
from tests.functions.conftest import empty_table
from tests.functions.schedules import FAULTS, Moto, Schedule

Play = Callable[[int], Schedule]

IN_ONE_TEST = 25


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Plays the schedule of a seed, in a table of its own."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(Table, "__deepcopy__", copied, raising=False)
    monkeypatch.setenv("API", "supplier")
    monkeypatch.setenv("SCOPE", "")

    def play(seed: int) -> Schedule:
        wire.lay(monkeypatch, wire.to_moto)
        empty_table(monkeypatch)
        schedule = Schedule(seed, Moto())
        wire.lay(monkeypatch, schedule.faults)
        schedule.run()
        return schedule

    return play


def copied(table: Table, _: Any) -> Table:
    """Moto copies the whole table before each part of a transaction, to go back to if it fails.

    Puts and deletes change no item, so that the items themselves need no copies.
    """
    made = copy(table)
    made.items = defaultdict(dict, {pk: dict(items) for pk, items in table.items.items()})
    return made


def played(play: Play, seeds: range) -> Counter[tuple[str, str]]:
    """The faults that were met while all the schedules held."""
    met: Counter[tuple[str, str]] = Counter()
    for seed in seeds:
        try:
            met += play(seed).faults.met
        except Exception as failure:
            failure.add_note(f"in the schedule of seed {seed}")
            raise
    return met


@pytest.mark.parametrize("first", range(0, 200, IN_ONE_TEST))
def test_whatever_befalls_their_calls_transfers_end_once_and_whole(play: Play, first: int) -> None:
    played(play, range(first, first + IN_ONE_TEST))


def test_the_schedules_meet_every_call_with_every_fault(play: Play) -> None:
    met = played(play, range(1000, 1000 + IN_ONE_TEST))
    calls = ("BatchGetItem", "TransactWriteItems", "SendMessageBatch")
    missing = {(call, fault) for call in calls for fault in FAULTS} - met.keys()
    assert missing == {
        *((call, "cancelled") for call in ("BatchGetItem", "SendMessageBatch")),
        *((call, "partly refused") for call in ("BatchGetItem", "TransactWriteItems")),
    }


@pytest.mark.slow
@pytest.mark.parametrize("first", range(10_000, 20_000, 250))
def test_in_ten_thousand_schedules_transfers_end_once_and_whole(play: Play, first: int) -> None:
    played(play, range(first, first + 250))

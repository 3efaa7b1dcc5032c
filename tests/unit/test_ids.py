"""Ids say what they are of, sort by age, and cannot be guessed."""

import pytest

from motorpool import ids
from motorpool.ids import is_id, new_id


def test_an_id_has_its_kind_in_front_and_is_an_id_of_that_kind_only() -> None:
    vehicle = new_id("veh")
    assert len(vehicle) == 36
    assert vehicle.startswith("veh_")
    assert is_id("veh", vehicle)
    assert not is_id("usr", vehicle)


def test_later_ids_sort_after_earlier_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for now in (0, 1, 1_700_000_000_000, 1_700_000_000_001, 2**48 - 1):
        monkeypatch.setattr(ids, "now_ms", lambda now=now: now)
        made.append(new_id("veh"))
    assert made == sorted(made)
    assert {len(id) for id in made} == {36}


def test_ids_of_one_millisecond_differ_by_80_bits_of_chance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ids, "now_ms", lambda: 1_700_000_000_000)
    made = {new_id("usr") for _ in range(1000)}
    assert len(made) == 1000
    assert len({id[:16] for id in made}) == 1
    assert all(len({id[place] for id in made}) == 16 for place in range(16, 36))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "veh",
        "veh_",
        "veh_" + "0" * 31,
        "veh_" + "0" * 33,
        "veh_" + "0" * 32 + "\n",
        "veh_" + "G" * 32,
        "veh_" + "A" * 32,
        "VEH_" + "0" * 32,
        "veh_" + "\u0660" * 32,
        "veh_" + "0" * 31 + "#",
        "veh_\0" + "0" * 31,
        "\ud800",
        "v" * 1_000_000,
    ],
    ids=lambda text: ascii(text[:40]),
)
def test_whatever_has_not_the_form_is_no_id(text: str) -> None:
    assert not is_id("veh", text)

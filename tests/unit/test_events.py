"""Events of a feed: ids that tell nothing but are understood again, and segments."""

import pytest

from motorpool.events import model
from motorpool.events.model import FeedEvent, Segment, id_of, number_of

PARTNER = "ptr_019aa8f1000000000000000000000001"
OTHER = "ptr_019aa8f1000000000000000000000002"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "cursor_key", lambda: b"a key of the cursors" * 2)


def test_an_id_is_the_same_each_time_and_gives_the_number_back() -> None:
    for number in (1, 2, 77, 2**53):
        assert id_of(number, PARTNER) == id_of(number, PARTNER)
        assert number_of(id_of(number, PARTNER), PARTNER) == number
        assert len(id_of(number, PARTNER)) == 52


def test_ids_of_following_numbers_have_nothing_in_common() -> None:
    ids = [id_of(number, PARTNER).removeprefix("evt_") for number in range(1, 200)]
    assert len({id[:6] for id in ids}) == len(ids)
    assert ids != sorted(ids)


def test_the_same_number_has_another_id_in_another_partners_feed() -> None:
    assert id_of(5, PARTNER) != id_of(5, OTHER)
    with pytest.raises(ValueError, match="not an id"):
        number_of(id_of(5, OTHER), PARTNER)


@pytest.mark.parametrize(
    "wrong",
    ["", "evt_", "5", "evt_5", "evt_ä", "pho_019aa8f1000000000000000000000006", "evt_" + "A" * 48],
)
def test_any_other_text_is_no_id(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        number_of(wrong, PARTNER)


def test_a_changed_id_is_no_id() -> None:
    id = id_of(5, PARTNER)
    for place in range(len(id)):
        changed = id[:place] + ("B" if id[place] == "A" else "A") + id[place + 1 :]
        with pytest.raises(ValueError, match=r"."):
            number_of(changed, PARTNER)
    for changed in (id + "=", id + "A", id.removeprefix("evt_"), f" {id}"):
        with pytest.raises(ValueError, match=r"."):
            number_of(changed, PARTNER)


def test_a_segment_knows_the_number_of_each_of_its_events() -> None:
    events = [FeedEvent("veh_a", n, "vehicle.updated", ("org_a",)) for n in (4, 5, 6)]
    segment = Segment(last=12, events=tuple(events))
    assert segment.first == 10
    assert list(segment.after(0)) == list(zip((10, 11, 12), events, strict=True))
    assert list(segment.after(10)) == [(11, events[1]), (12, events[2])]
    assert list(segment.after(12)) == []
    assert Segment.from_item(segment.as_attributes()) == segment

"""A vehicle's history: what its hashes are over, and what a check of its chain finds."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motorpool.access.callers import Actor
from motorpool.dynamodb.values import from_values, to_values
from motorpool.history import store
from motorpool.history.model import Entry, Event, Head, problems, shown
from motorpool.vehicles.model import Vehicle
from tests.unit.conftest import WORLD

VEHICLE = "veh_" + "5" * 32
CLIENT = Actor("client", "cli_" + "2" * 32, "a request")
PERSONAL = {"plate": "TEST-123", "customerPhone": "+14155550100"}

Placed = list[tuple[int, Entry]]


def event(**changes: Any) -> Event:
    values: dict[str, Any] = {
        "type": "vehicle.updated",
        "at": 1_795_653_230_263,
        "partner_id": "ptr_" + "1" * 32,
        "owner_paths": ("org_a/org_b",),
        "thing": {"make": "Ford", "year": 1988},
        "personal": PERSONAL,
    }
    return Event(**values | changes)


def chain(length: int) -> Placed:
    """So many entries, each after the one before, with their numbers."""
    placed: Placed = []
    for n in range(1, length + 1):
        before = placed[-1][1].head if placed else None
        entry = Entry.create(event(at=n), vehicle_id=VEHICLE, after=before, by=CLIENT)
        placed.append((n, entry))
    return placed


def head_of(placed: Placed) -> Head:
    return placed[-1][1].head


def text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).decode().rstrip("=")


def stored(entry: Entry) -> Entry:
    """The entry as the table gives it back."""
    return store.from_item(from_values(store.add(entry).request["Item"]))


def test_a_hash_is_over_the_canonical_json_in_which_a_person_is_one_salted_digest() -> None:
    """Computed here by hand: anybody can, without a line of ours."""
    first, second = chain(2)
    entry = second[1]
    assert entry.salt
    values = b'{"customerPhone":"+14155550100","plate":"TEST-123"}'
    digest = sha256(urlsafe_b64decode(entry.salt + "==") + values).digest()
    members = {
        "at": 2,
        "before": first[1].hash,
        "by": "client",
        "byId": CLIENT.id,
        "n": 2,
        "ownerPaths": ["org_a/org_b"],
        "partnerId": "ptr_" + "1" * 32,
        "personalDigest": text(digest),
        "requestId": "a request",
        "thing": {"make": "Ford", "year": 1988},
        "type": "vehicle.updated",
        "vehicleId": VEHICLE,
    }
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    assert entry.canonical == canonical
    assert entry.hash == text(sha256(canonical).digest())


def test_each_entry_has_a_salt_of_its_own() -> None:
    assert len({entry.salt for _, entry in chain(20)}) == 20
    assert all(len(urlsafe_b64decode(f"{entry.salt}==")) == 16 for _, entry in chain(3))


def test_a_whole_chain_has_no_problem_and_neither_has_a_vehicle_without_one() -> None:
    placed = chain(5)
    assert problems(placed, head_of(placed)) == []
    assert problems([], None) == []


def test_a_person_is_forgotten_and_the_chain_still_holds() -> None:
    placed = [(n, stored(entry.forgotten())) for n, entry in chain(5)]
    assert problems(placed, head_of(placed)) == []
    assert "TEST-123" not in repr(placed)
    assert {(entry.personal, entry.salt) for _, entry in placed} == {(None, None)}
    _, last = placed[-1]
    assert last.forgotten() is last


def changed(**fields: Any) -> Callable[[Entry], Entry]:
    return lambda entry: replace(entry, **fields)


@pytest.mark.parametrize(
    "tampered",
    [
        changed(type="vehicle.registered"), changed(at=7), changed(partner_id="ptr_x"),
        changed(owner_paths=("org_c",)), changed(by="operator"), changed(by_id="cli_x"),
        changed(request_id=None), changed(changed=("plate",)), changed(thing={}),
        changed(thing={"make": "Ford", "year": 1989}), changed(personal={"plate": "OTHER"}),
        changed(personal=None), changed(salt="AAAAAAAAAAAAAAAAAAAAAA"), changed(salt=None),
        changed(salt="ü"), changed(before=None), changed(hash="x"), changed(hash=None),
        changed(vehicle_id="veh_x"), changed(personal=None, salt=None, personal_digest="x"),
        changed(thing={"year": 2**60}), changed(thing={"year": float("nan")}),
    ],
)  # fmt: skip
def test_an_entry_that_was_changed_is_named(tampered: Callable[[Entry], Entry]) -> None:
    placed = chain(5)
    head = head_of(placed)
    placed[2] = (3, tampered(placed[2][1]))
    assert problems(placed, head) == ["entry 3 was changed: its content has another hash"]


def test_an_entry_that_was_changed_with_its_hash_is_named() -> None:
    placed = chain(5)
    head = head_of(placed)
    for place in range(5):
        forged = replace(placed[place][1], at=7)
        forged = replace(forged, hash=forged.computed_hash)
        tampered = [*placed[:place], (place + 1, forged), *placed[place + 1 :]]
        [problem] = problems(tampered, head)
        assert problem.startswith(f"entry {place + 1} was replaced: ")


def test_missing_entries_are_named_wherever_they_were() -> None:
    placed = chain(6)
    head = head_of(placed)
    assert problems(placed[1:], head) == ["entry 1 is missing"]
    assert problems([*placed[:2], *placed[3:]], head) == ["entry 3 is missing"]
    assert problems([placed[0], *placed[4:]], head) == ["entries 2 to 4 are missing"]
    assert problems(placed[:-1], head) == ["entry 6 is missing"]
    assert problems([], head) == ["entries 1 to 6 are missing"]


def test_entries_that_changed_places_are_named() -> None:
    placed = chain(5)
    head = head_of(placed)
    placed[1], placed[2] = (2, placed[2][1]), (3, placed[1][1])
    assert problems(placed, head) == [
        "entry 3 stands in the place of entry 2",
        "entry 2 stands in the place of entry 3",
    ]


def test_a_removed_entry_whose_followers_moved_up_is_found() -> None:
    placed = chain(4)
    moved = [placed[0], (2, placed[2][1]), (3, placed[3][1])]
    assert problems(moved, head_of(placed)) == [
        "entry 3 stands in the place of entry 2",
        "entry 4 stands in the place of entry 3",
        "entry 4 is missing",
    ]


def test_an_entry_after_the_last_and_a_vehicle_that_names_none_are_found() -> None:
    placed = chain(3)
    assert problems(placed, placed[1][1].head) == [
        "entry 3 is one too many: the vehicle's last entry is 2"
    ]
    assert problems(placed, None) == ["the vehicle names no last entry, but there are 3"]


def test_a_first_entry_that_follows_another_is_found() -> None:
    entry = Entry.create(event(), vehicle_id=VEHICLE, after=Head(0, "x"), by=CLIENT)
    assert problems([(1, entry)], entry.head) == ["entry 1 follows one that is missing"]


@given(st.floats(-180, 180), st.integers(-(2**53) + 1, 2**53 - 1), st.text(max_size=20))
def test_an_entry_has_the_same_hash_after_it_was_stored(
    longitude: float, number: int, note: str
) -> None:
    try:
        note.encode()
    except UnicodeEncodeError:
        note = "no JSON has it"
    personal = from_values(to_values({"longitude": longitude, "note": note}))
    happened = event(thing={"number": number}, personal=personal)
    entry = Entry.create(happened, vehicle_id=VEHICLE, after=None, by=CLIENT)
    assert stored(entry) == entry
    assert stored(entry).is_unchanged


def test_what_is_hashed_is_what_the_table_gives_back() -> None:
    vehicle: Vehicle = WORLD.vehicle(of=WORLD.driver(at=WORLD.organization(of="ptr_1")))
    assert shown(replace(vehicle, plate=None), "plate", "year") == {"year": 1988}


@pytest.mark.parametrize("name", ["vehicle.driver_assigned", "vehicle.updated"])
def test_an_entry_shows_the_vehicle_as_it_was(name: Any) -> None:
    vehicle = WORLD.vehicle(of=WORLD.driver(at=WORLD.organization(of="ptr_1")), plate="A1")
    entry = Entry.create(vehicle.event(name), vehicle_id=vehicle.id, after=None, by=CLIENT)
    back = Vehicle.as_in(stored(entry))
    for field in ("id", "owner_id", "owner_path", "vin", "plate", "state", "user_id", "active"):
        assert getattr(back, field) == getattr(vehicle, field)
    assert Vehicle.as_in(entry.forgotten()).plate is None

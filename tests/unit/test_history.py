"""The history of a vehicle: its chain of hashes, what breaks it, and what forgetting leaves."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

import pytest

from motorpool.access.callers import Actor
from motorpool.history.model import Entry, Event, Head, problems

VEHICLE = "veh_019aa8f1000000000000000000000005"
CLIENT = Actor("client", "cli_019aa8f1000000000000000000000002", "6f0c1d9e")
Placed = list[tuple[int, Entry]]


def entry(after: Entry | None = None, **changes: Any) -> Entry:
    """The entry after another; its personal value is a plate."""
    known: dict[str, Any] = {
        "type": "vehicle.updated",
        "at": 1_795_649_774_728,
        "partner_id": "ptr_1",
        "owner_paths": ("org_1/org_2",),
        "thing": {"make": "Ford", "year": 1988, "active": True},
        "personal": {"plate": "TEST-123"},
    }
    event = Event(**(known | changes))
    head = after.head if after else None
    return Entry.create(event, subject_id=VEHICLE, after=head, by=CLIENT, changed=("plate",))


@pytest.fixture
def chain() -> Placed:
    """Four entries."""
    entries = [entry()]
    for number in range(3):
        entries.append(entry(entries[-1], personal={"plate": f"TEST-{number}"}))
    return [(each.n, each) for each in entries]


def end_of(chain: Placed) -> Head:
    return chain[-1][1].head


def base64url(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_an_auditor_computes_the_same_hash_with_nothing_but_json_and_sha_256() -> None:
    first = entry()
    second = entry(first)
    salt, values = str(second.salt), second.personal
    sorted_json: dict[str, Any] = {
        "separators": (",", ":"),
        "sort_keys": True,
        "ensure_ascii": False,
    }
    # RFC 8785 is sorted JSON without spaces, for texts in ASCII and integers.
    padded = salt + "=" * (-len(salt) % 4)
    personal = urlsafe_b64decode(padded) + json.dumps(values, **sorted_json).encode()
    content = {
        "subjectId": VEHICLE,
        "n": 2,
        "type": "vehicle.updated",
        "at": 1_795_649_774_728,
        "partnerId": "ptr_1",
        "ownerPaths": ["org_1/org_2"],
        "by": "client",
        "byId": "cli_019aa8f1000000000000000000000002",
        "requestId": "6f0c1d9e",
        "changed": ["plate"],
        "thing": {"make": "Ford", "year": 1988, "active": True},
        "personalDigest": base64url(sha256(personal).digest()),
        "before": first.hash,
    }
    assert second.hash == base64url(sha256(json.dumps(content, **sorted_json).encode()).digest())


def test_a_chain_as_it_was_written_has_no_problem(chain: Placed) -> None:
    assert problems(chain, end_of(chain)) == []
    assert problems([], None) == []


@pytest.mark.parametrize(
    "field", [field.name for field in fields(Entry) if field.name not in {"personal_digest"}]
)
def test_a_change_of_any_field_is_found_and_named(chain: Placed, field: str) -> None:
    was = chain[1][1]
    others: dict[type, Any] = {
        str: "another",
        int: 7,
        tuple: ("another",),
        dict: {"another": 1},
    }
    changed = replace(was, **{field: others[type(getattr(was, field))]})
    chain[1] = (2, changed)
    assert any("2" in problem for problem in problems(chain, end_of(chain)))


Tampering = Callable[[Placed], Placed]


def _renumbered(chain: Placed) -> Placed:
    return [(place, each) for place, (_, each) in enumerate(chain, 1)]


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        (lambda c: c[:1] + c[2:], ["entry 2 is missing"]),
        (lambda c: c[:1] + c[3:], ["entries 2 to 3 are missing"]),
        (lambda c: c[1:], ["entry 1 is missing"]),
        (lambda c: c[:-1], ["entry 4 is missing"]),
        (lambda c: c[:1], ["entries 2 to 4 are missing"]),
        (
            lambda c: _renumbered([c[0], c[2], c[1], c[3]]),
            ["entry 3 stands in the place of entry 2", "entry 2 stands in the place of entry 3"],
        ),
        (lambda c: [*c, (5, entry(c[-1][1]))], ["entry 5 is one too many"]),
        (lambda c: [c[0], (2, entry(c[0][1])), *c[2:]], ["entry 2 was replaced"]),
        (lambda c: [*c[:-1], (4, entry(c[2][1]))], ["entry 4 was replaced"]),
    ],
)
def test_what_is_missing_moved_added_or_replaced_is_named(
    chain: Placed, tampering: Tampering, found: list[str]
) -> None:
    said = problems(tampering(chain), end_of(chain))
    assert len(said) == len(found)
    for problem, beginning in zip(said, found, strict=True):
        assert problem.startswith(beginning)


def test_a_history_that_the_vehicle_does_not_name_is_a_problem(chain: Placed) -> None:
    assert problems(chain, None) == ["the vehicle names no last entry, but there are 4"]


def test_forgetting_a_person_leaves_the_chain_whole_and_nothing_of_the_person(
    chain: Placed,
) -> None:
    forgotten = [(n, each.forgotten()) for n, each in chain]
    assert problems(forgotten, end_of(chain)) == []
    assert "TEST-" not in repr(forgotten)
    assert {each.salt for _, each in forgotten} == {None}
    assert forgotten[0][1].forgotten() == forgotten[0][1]


def test_the_same_values_have_another_digest_in_each_entry() -> None:
    digests = {entry().forgotten().personal_digest for _ in range(10)}
    assert len(digests) == 10


def test_nothing_personal_needs_no_salt() -> None:
    impersonal = entry(personal={})
    assert (impersonal.personal, impersonal.salt) == (None, None)
    assert impersonal.forgotten() == impersonal
    assert impersonal.is_unchanged

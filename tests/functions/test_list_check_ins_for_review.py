"""GET /checkins/mileage: the review queue, oldest first, of the client's organizations only."""

from collections.abc import Callable
from typing import Any

import pytest

from motorpool.checkins.photo_pair import PhotoPair
from motorpool.tenants.organizations import Organization
from motorpool.vehicles.vin import DecodedVin
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]

INVALID = (400, "ERROR_INVALID_PARAMETERS")


@pytest.fixture
def root() -> Organization:
    return world.organization()


@pytest.fixture
def branch(root: Organization) -> Organization:
    return world.organization("org_" + "a" * 32, parent=root)


def queued(number: int, at: Organization) -> str:
    """The id of a pending check-in of a car of its own, later with each number."""
    driver = world.driver(f"usr_{number:032x}", at=at, phone=f"+1415555{number:04}")
    car = DecodedVin(f"1FMCU14T6JU4{number:05}", "FORD", "Bronco II", None, 1988)
    vehicle = world.vehicle(f"veh_{number:032x}", of=driver, car=car, plate=f"Q-{number}")
    photos = PhotoPair(
        world.photo(f"pho_{number:031x}a", of=driver), world.photo(f"pho_{number:031x}b", of=driver)
    )
    id = f"chk_{number:032x}{number:024x}"
    world.check_in(id, of=vehicle, photos=photos, plate=f"Q-{number}")
    return id


def paged(caller: Callable[[], Caller], **query: str) -> list[str]:
    """The ids in the queue, page by page, to the end."""
    ids: list[str] = []
    for _ in range(20):
        body = caller().with_query(**query).calls().body
        ids += [check_in["id"] for check_in in body["checkIns"]]
        if body["nextCursor"] is None:
            return ids
        query["cursor"] = body["nextCursor"]
    raise AssertionError("the queue does not end")


def test_an_empty_queue_is_an_empty_page(somebody: Somebody) -> None:
    assert somebody().calls().body == {"checkIns": [], "nextCursor": None}


@pytest.mark.parametrize("limit", ["1", "2", "3", "100"])
def test_the_oldest_is_first_on_pages_of_any_size(
    somebody: Somebody, root: Organization, limit: str
) -> None:
    ids = [queued(number, root) for number in range(4)]
    assert paged(somebody, limit=limit) == ids


def test_one_read_is_enough(somebody: Somebody, root: Organization) -> None:
    queued(1, root)
    assert somebody().calls().calls == ("Query",)


def test_a_queued_check_in_is_as_it_is_alone(somebody: Somebody, root: Organization) -> None:
    id = queued(1, root)
    [found] = somebody().calls().body["checkIns"]
    assert found == Caller("get_mileage_check_in").calls(id=id).body


def test_pending_and_on_hold_are_two_queues_and_what_is_decided_is_in_none(
    somebody: Somebody, root: Organization
) -> None:
    world.partner()
    pending, held, confirmed, declined = (queued(number, root) for number in range(4))
    for id, status in ((held, "OnHold"), (confirmed, "Confirmed"), (declined, "Declined")):
        review = Caller("review_mileage_check_in").with_body(checkInStatus=status, adminNote="So.")
        assert review.calls(id=id).status == 200
    assert paged(somebody) == paged(somebody, status="Pending") == [pending]
    assert paged(somebody, status="OnHold") == [held]


@pytest.mark.parametrize("limit", ["1", "2", "100"])
def test_a_client_of_a_branch_reviews_what_is_below_it(
    somebody: Somebody, root: Organization, branch: Organization, limit: str
) -> None:
    below = world.organization("org_" + "b" * 32, parent=branch)
    places = [root, branch, root, below, branch, root]
    ids = [queued(number, at) for number, at in enumerate(places)]

    def of_the_branch() -> Caller:
        return somebody().linked_to(branch.id, branch.path)

    assert paged(of_the_branch, limit=limit) == [ids[1], ids[3], ids[4]]


def test_another_partner_sees_nothing_of_it(somebody: Somebody, root: Organization) -> None:
    queued(1, root)
    answer = somebody().of(world.OTHER_PARTNER).calls()
    assert answer.body == {"checkIns": [], "nextCursor": None}


def test_the_queue_needs_the_reviewers_scope(somebody: Somebody) -> None:
    answer = somebody().with_scopes("vehicle_suppliers.vehicles.write").calls()
    assert answer.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    assert answer.calls == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "Confirmed"), ("status", "pending"), ("status", ""),
        ("limit", "0"), ("limit", "101"), ("limit", "ten"),
        ("cursor", ""), ("cursor", "x"), ("cursor", "=" * 9), ("cursor", "A" * 2049),
        ("cursor", "\ud800"), ("cursor", "AAAA" * 30),
    ],
    ids=lambda value: ascii(value)[:12],
)  # fmt: skip
def test_a_wrong_parameter_is_named(somebody: Somebody, name: str, value: str) -> None:
    answer = somebody().with_query(**{name: value}).calls()
    assert answer.refusal == INVALID
    assert answer.message.startswith(f"{name}: ")


@pytest.mark.parametrize(
    "changed",
    [
        lambda caller, _: caller.of(world.OTHER_PARTNER),
        lambda caller, branch: caller.linked_to(branch.id, branch.path),
        lambda caller, _: caller.with_query(
            **caller.event["queryStringParameters"], status="OnHold"
        ),
    ],
    ids=["another partner", "a client of a branch", "the other queue"],
)
def test_a_cursor_is_good_for_its_own_queue_only(
    somebody: Somebody,
    root: Organization,
    branch: Organization,
    changed: Callable[[Caller, Organization], Caller],
) -> None:
    for number in range(3):
        queued(number, root)
    cursor: Any = somebody().with_query(limit="2").calls().body["nextCursor"]
    again = somebody().with_query(limit="2", cursor=cursor)
    assert again.calls().status == 200
    assert changed(again, branch).calls().refusal == INVALID

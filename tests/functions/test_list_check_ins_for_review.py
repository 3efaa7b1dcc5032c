"""GET /checkins/mileage: the review queue, oldest first, of the client's organizations only."""

from collections.abc import Callable
from dataclasses import replace
from itertools import batched, count
from typing import Any

import pytest

from motorpool.checkins import queue_store as queues
from motorpool.checkins import store as checkins
from motorpool.checkins.model import CheckIn
from motorpool.checkins.photo_pair import PhotoPair
from motorpool.dynamodb import table
from motorpool.tenants.organizations import Organization
from motorpool.vehicles.vin import DecodedVin
from tests.functions import wire, world
from tests.functions.conftest import Answer, Caller, everything_stored, in_queues

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


def copied(id: str, at: Organization, many: int, numbers: "count[int]") -> list[str]:
    """The ids of so many copies of a check-in, each of another vehicle of the organization."""
    original = checkins.find(id)
    assert original is not None
    ids, items = [], []
    for number in (next(numbers) for _ in range(many)):
        check_in: CheckIn = replace(
            original,
            id=f"chk_{number:032x}{number:024x}",
            vehicle_id=f"veh_{number:032x}",
            owner_path=at.path,
            checked_in_at=original.checked_in_at + number,
        )
        for write in checkins.replaced(replace(original, in_queues=False), check_in):
            item = write.request["Item"]
            if write.action == "Put" and item["pk"]["S"].startswith("VEHICLE#"):
                item |= {"pk": {"S": f"VEHICLE#{check_in.vehicle_id}"}}
                item |= {"sk": {"S": f"CHECKIN#{check_in.id}"}}
            items.append({"PutRequest": {"Item": item}})
        ids.append(check_in.id)
    for batch in batched(items, 25, strict=False):
        wire.aws("dynamodb").batch_write_item(RequestItems={table.table_name(): batch})
    return ids


def counted(caller: Caller) -> tuple[Answer, list[tuple[str, int]]]:
    """The answer, and the calls for it with the number of items that DynamoDB read for each."""
    read: list[tuple[str, int]] = []

    def seen(operation: str, given: dict[str, Any], answer: dict[str, Any]) -> None:
        if operation == "Query":
            read.append((operation, answer["ScannedCount"]))
        else:
            [items] = answer["Responses"].values()
            read.append((operation, len(items)))

    with wire.calls_watched(seen):
        answer = caller.calls()
    return answer, read


def test_a_page_is_a_query_of_each_shard_and_one_batch_of_check_ins(
    somebody: Somebody, root: Organization
) -> None:
    ids = copied(queued(1, root), root, 200, count(2))
    answer, read = counted(somebody().with_query(limit="100"))
    assert len(answer.body["checkIns"]) == 100
    assert ids[98] == answer.body["checkIns"][-1]["id"]
    # The eight shards, the partition of older versions, the check-ins.
    assert [operation for operation, _ in read] == ["Query"] * 9 + ["BatchGetItem"]
    assert read[-1] == ("BatchGetItem", 100)
    assert all(items <= queues.READ_AT_ONCE for _, items in read[:-1])


@pytest.mark.parametrize("limit", ["2", "25"])
def test_a_branchs_page_costs_the_same_whatever_others_have_open(
    somebody: Somebody, root: Organization, branch: Organization, limit: str
) -> None:
    numbers = count(2)
    first = queued(1, branch)
    elsewhere = world.organization("org_" + "c" * 32, parent=root)

    def of_the_branch() -> Caller:
        return somebody().linked_to(branch.id, branch.path).with_query(limit=limit)

    others = copied(first, elsewhere, 10, numbers)
    own = [first, *copied(first, branch, 30, count(5_000))]
    with_ten, read_with_ten = counted(of_the_branch())
    others += copied(first, elsewhere, 990, numbers)
    with_a_thousand, read_with_a_thousand = counted(of_the_branch())
    ids = [check_in["id"] for check_in in with_ten.body["checkIns"]]
    assert ids == [check_in["id"] for check_in in with_a_thousand.body["checkIns"]]
    assert ids == own[: int(limit)]
    assert read_with_ten == read_with_a_thousand


def test_a_page_is_filled_up_when_some_were_decided_while_it_was_read(
    somebody: Somebody, root: Organization
) -> None:
    first = queued(1, root)
    ids = [first, *copied(first, root, 9, count(2))]
    decided = {ids[0], ids[2], ids[3]}
    for item in everything_stored():
        # As when the entries were read before the decision and the check-ins after it.
        if item.get("id") in decided:
            wire.aws("dynamodb").update_item(
                TableName=table.table_name(),
                Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}},
                UpdateExpression="SET checkInStatus = :decided",
                ExpressionAttributeValues={":decided": {"S": "Confirmed"}},
            )
    page = somebody().with_query(limit="3").calls().body
    assert [check_in["id"] for check_in in page["checkIns"]] == [ids[1], ids[4], ids[5]]
    assert paged(somebody, limit="3") == [ids[1], *ids[4:]]


def test_a_check_in_is_in_the_queue_of_each_organization_above_it(
    root: Organization, branch: Organization
) -> None:
    queued(1, branch)
    holders = {world.PARTNER, root.id, branch.id}
    assert in_queues() == {(holder, "Pending") for holder in holders}


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

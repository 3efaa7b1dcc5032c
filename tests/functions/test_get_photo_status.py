"""GET /photo/{photoId}/status: what became of a photo."""

from collections.abc import Callable
from typing import Any

import pytest

from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]

NOTHING = dict.fromkeys(
    ("rejectedBecause", "bytes", "width", "height", "sha256", "latitude", "longitude", "takenOn")
)


@pytest.fixture
def root() -> Organization:
    return world.organization()


@pytest.fixture
def driver(root: Organization) -> User:
    return world.driver(at=root)


def test_of_a_photo_that_is_awaited_nothing_is_known(somebody: Somebody, driver: User) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver, asserted_latitude=1.0, asserted_taken_on="so")
    answer = somebody().calls()
    assert (answer.status, answer.calls) == (200, ("GetItem",))
    assert answer.body == NOTHING | {
        "photoUrl": f"{world.API}/photo/{world.LICENSE_PHOTO}",
        "photoStatus": "AwaitingUpload",
        "contentType": "image/jpeg",
    }


def test_of_a_ready_photo_what_its_file_says_is_known(somebody: Somebody, driver: User) -> None:
    seen: dict[str, Any] = {
        "width": 3024,
        "height": 4032,
        "sha256": "ab",
        "latitude": 37.5,
        "longitude": -122.0,
    }
    world.photo(
        world.LICENSE_PHOTO, of=driver, photo_status="Ready", size=99,
        taken_on="2026-11-21T09:29:41.000Z", **seen,
    )  # fmt: skip
    body = somebody().calls().body
    assert body["photoStatus"] == "Ready"
    assert {name: body[name] for name in seen} == seen
    assert (body["bytes"], body["takenOn"]) == (99, "2026-11-21T09:29:41.000Z")


def test_of_a_rejected_photo_the_reason_is_known(somebody: Somebody, driver: User) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver, photo_status="Rejected", rejected_because="Text.")
    body = somebody().calls().body
    assert (body["photoStatus"], body["rejectedBecause"]) == ("Rejected", "Text.")


def test_a_photo_outside_the_clients_organizations_is_not_permitted(
    somebody: Somebody, root: Organization, driver: User
) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver)
    branch = world.organization("org_" + "a" * 32, parent=root)
    outside = somebody().linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")

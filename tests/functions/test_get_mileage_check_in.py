"""GET /vehicles/checkin/mileage/{id}: a partner sees its check-ins, a client those below it."""

from collections.abc import Callable

import pytest

from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture(autouse=True)
def root() -> Organization:
    root = world.organization()
    driver = world.driver(at=root)
    world.check_in(of=world.vehicle(of=driver), photos=world.photos(of=driver))
    return root


def test_a_check_in_has_every_documented_field(somebody: Somebody) -> None:
    answer = somebody().calls()
    assert answer.status == 200

    def shown(photo_id: str) -> dict[str, object]:
        url = f"{world.API}/photo/{photo_id}"
        return {"photoId": photo_id, "photoUrl": url, "latitude": None, "longitude": None}

    assert answer.body == {
        "id": world.CHECK_IN,
        "vehicleId": world.VEHICLE,
        "userId": world.USER,
        "organizationId": world.ORGANIZATION,
        "license": "TEST-123",
        "adminNote": None,
        "reasonCode": None,
        "checkedInAt": answer.body["updated"],
        "checkInStatus": "Pending",
        "mileage": 40_000,
        "nextCheckInDate": None,
        "updated": answer.body["updated"],
        "licensePhotos": [shown(world.LICENSE_PHOTO)],
        "odometerPhotos": [shown(world.ODOMETER_PHOTO)],
    }


def test_one_read_is_enough(somebody: Somebody) -> None:
    assert somebody().calls().calls == ("BatchGetItem",)


@pytest.mark.parametrize(
    "id",
    ["chk_9", "chk_" + "9" * 56, "\0", "\ud800", "a#b", "x" * 9999, world.VEHICLE, "CHECKIN#"],
    ids=lambda id: ascii(id)[:12],
)
def test_a_check_in_that_is_not_there_is_not_found(somebody: Somebody, id: str) -> None:
    assert somebody().calls(id=id).refusal == (404, "ERROR_MILEAGE_CHECKIN_NOT_FOUND")


def test_another_partners_check_in_is_not_found(somebody: Somebody) -> None:
    answer = somebody().of(world.OTHER_PARTNER).calls()
    assert answer.refusal == (404, "ERROR_MILEAGE_CHECKIN_NOT_FOUND")


def test_a_client_sees_check_ins_of_its_subtree_and_no_others(
    somebody: Somebody, root: Organization
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    assert somebody().linked_to(root.id, root.path).calls().status == 200
    outside = somebody().linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")

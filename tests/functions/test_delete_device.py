"""DELETE /devices/{deviceId}: a device ends."""

from collections.abc import Callable

import pytest

from infra.local.world import World
from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller, everything_stored

Somebody = Callable[[], Caller]
NOT_FOUND = (404, "ERROR_DEVICE_NOT_FOUND")


@pytest.fixture(autouse=True)
def root() -> Organization:
    root = world.organization()
    World().device(of=world.driver(at=root), by=world.client(), id=world.DEVICE)
    return root


def test_a_device_is_deleted_once(somebody: Somebody) -> None:
    answer = somebody().calls()
    assert (answer.status, answer.body, answer.calls) == (
        204,
        None,
        ("GetItem", "TransactWriteItems"),
    )
    assert not [item for item in everything_stored() if item["sk"] == "DEVICE"]
    assert somebody().calls().refusal == NOT_FOUND


@pytest.mark.parametrize("device_id", ["dev_1", "x" * 9999, world.CLIENT, "dev_" + "0" * 56])
def test_a_device_that_is_not_there_is_not_found(somebody: Somebody, device_id: str) -> None:
    assert somebody().calls(deviceId=device_id).refusal == NOT_FOUND


def test_a_device_of_others_stays(somebody: Somebody, root: Organization) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    outside = somebody().linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    assert somebody().of(world.OTHER_PARTNER).calls().refusal == NOT_FOUND
    assert somebody().as_device_of(world.USER).calls().status == 403

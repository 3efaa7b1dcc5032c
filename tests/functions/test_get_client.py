"""GET /client: who calls, by one read."""

from collections.abc import Callable

from infra.spec import Route
from motorpool.access.limits import TRANSFERS_PER_HOUR
from tests.functions import world
from tests.functions.conftest import SPECS, Caller

Somebody = Callable[[], Caller]


def test_a_client_sees_who_it_is(somebody: Somebody) -> None:
    world.partner()
    root = world.organization()
    world.client()
    answer = somebody().with_scopes("checkins.review").calls()
    assert answer.status == 200
    assert answer.body == {
        "clientId": world.CLIENT,
        "name": answer.body["name"],
        "partnerId": world.PARTNER,
        "partnerName": answer.body["partnerName"],
        "organizationId": root.id,
        "organizationName": root.name,
        "seesWholePartner": True,
        "scopes": ["checkins.review"],
        "version": None,
        "limits": {"requestsPerSecond": 50, "requestsAtOnce": 100, "transfersPerHour": 1800},
    }
    assert answer.calls == ("BatchGetItem",)
    linked = somebody().linked_to(root.id, root.path).calls().body
    assert linked["seesWholePartner"] is False


def test_the_limit_of_transfers_is_the_one_that_is_counted() -> None:
    spec = SPECS["transfer_vehicle"]
    assert isinstance(spec, Route)
    assert spec.per_hour == TRANSFERS_PER_HOUR

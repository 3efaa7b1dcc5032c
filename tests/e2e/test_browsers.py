"""A web page of an origin that a partner allows, and of others, as a browser asks for it."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.e2e.operators import Run
from tests.e2e.tenant import Tenant

PAGE = "https://app.tested-motors.example"
ALLOW = "access-control-allow-origin"


def preflight(tenant: Tenant, origin: str, path: str = "/users/usr_1") -> httpx.Headers:
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    answer = httpx.options(tenant.url + path, headers=asked, timeout=60)
    assert answer.status_code == 204, answer.text
    return answer.headers


def test_a_page_that_the_partner_allows_calls_and_others_do_not(
    tenant: Tenant, new_tenant: Callable[[], Tenant], motorpool: Run
) -> None:
    assert ALLOW not in preflight(tenant, PAGE)
    said = motorpool("partner", "origins", tenant.partner.id, "--allow", PAGE)
    assert PAGE in said
    allowed = preflight(tenant, PAGE)
    assert allowed[ALLOW] == PAGE
    assert "PUT" in allowed["access-control-allow-methods"]
    user = tenant.user()
    other = new_tenant()

    def read(by: Tenant, origin: str, **more: Any) -> Any:
        # A client that never called, so that its partner's origins are in no cache.
        api = by.client_of(by.root)
        return api.get(f"/users/{user}", headers={"Origin": origin} | more).headers.get(ALLOW)

    assert read(tenant, PAGE) == PAGE
    assert read(tenant, "https://evil.example") is None
    assert ALLOW not in preflight(tenant, "https://evil.example")
    # Another partner's answers stay closed to the page, though a preflight cannot know that.
    assert read(other, PAGE) is None
    assert read(tenant, PAGE, clientSecret="wrong") == "*"
    assert "none" in motorpool("partner", "origins", tenant.partner.id, "--none")
    assert ALLOW not in preflight(tenant, PAGE)
    assert read(tenant, PAGE) is None

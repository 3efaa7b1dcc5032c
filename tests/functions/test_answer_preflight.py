"""OPTIONS on the partner API: what a browser is told before it calls."""

from types import SimpleNamespace
from typing import Any

import pytest

from motorpool.dynamodb import table
from motorpool.errors import InvalidParameters
from motorpool.tenants import partner_store as partners
from motorpool.tenants.partners import Partner
from tests.functions import wire, world
from tests.functions.conftest import Caller, event, handler_of

PAGE = "https://app.example.com"
CONTEXT = SimpleNamespace(function_name="motorpool-answer_preflight")


def allow(*origins: str) -> Partner:
    read = partners.get(world.PARTNER)
    table.transact(*partners.with_origins(read, read.with_origins(*origins)))
    return partners.get(world.PARTNER)


def asked(*origins: str) -> tuple[dict[str, str], list[str]]:
    """The headers of the answer to a page of that origin, and the calls that it took."""
    recorded = event("answer_preflight")
    recorded["multiValueHeaders"]["Origin"] = list(origins)
    with wire.calls_counted() as calls:
        answer: dict[str, Any] = handler_of("answer_preflight")(recorded, CONTEXT)
    assert (answer["statusCode"], answer["body"]) == (204, "")
    return answer["headers"], list(calls)


@pytest.fixture(autouse=True)
def partner() -> Partner:
    return world.partner()


def test_an_origin_that_any_partner_allows_is_answered_by_one_read() -> None:
    allow(PAGE, "http://localhost:5173")
    for origin in (PAGE, "http://localhost:5173"):
        headers, calls = asked(origin)
        assert headers["Access-Control-Allow-Origin"] == origin
        assert "clientSecret" in headers["Access-Control-Allow-Headers"]
        assert "DELETE" in headers["Access-Control-Allow-Methods"]
        assert calls == ["Query"]


@pytest.mark.parametrize(
    "origins",
    [
        (),
        (PAGE, PAGE),
        ("null",),
        ("*",),
        (f"{PAGE}/",),
        ("https://evil.example.com",),
        ("x" * 9999,),
    ],
    ids=lambda origins: str(origins)[:20],
)
def test_others_get_no_permission(origins: tuple[str, ...]) -> None:
    allow(PAGE)
    headers, _ = asked(*origins)
    assert not [name for name in headers if name.startswith("Access-Control")]


def test_an_origin_is_forgotten_with_the_last_partner_that_allowed_it() -> None:
    allow(PAGE, "https://other.example.com")
    assert allow("https://other.example.com").origins == ("https://other.example.com",)
    assert "Access-Control-Allow-Origin" not in asked(PAGE)[0]
    assert allow().origins == ()
    assert "Access-Control-Allow-Origin" not in asked("https://other.example.com")[0]


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "http://app.example.com", f"{PAGE}/", "https://A.example.com", "https://"],
)
def test_only_origins_can_be_allowed(partner: Partner, origin: str) -> None:
    with pytest.raises(InvalidParameters):
        partner.with_origins(origin)


def test_a_partner_has_a_limited_number_of_them(partner: Partner) -> None:
    with pytest.raises(InvalidParameters):
        partner.with_origins(*(f"https://a{n}.example.com" for n in range(21)))


@pytest.mark.parametrize(
    ("allowed", "sent", "answered"),
    [
        (PAGE, PAGE, PAGE),
        (f"https://b.example.com {PAGE}", PAGE, PAGE),
        (PAGE, "https://evil.example.com", None),
        (PAGE, None, None),
        ("", PAGE, None),
    ],
)
def test_an_answer_can_be_read_by_pages_that_the_callers_partner_allows(
    allowed: str, sent: str | None, answered: str | None
) -> None:
    caller = Caller("get_user").with_headers(*([("origin", sent)] if sent else []))
    caller.event["requestContext"]["authorizer"]["origins"] = allowed
    refused = caller.calls()
    world.driver(at=world.organization())
    for answer in (refused, caller.calls()):
        assert answer.headers.get("Access-Control-Allow-Origin") == answered
        assert (answer.headers.get("Vary") == "Origin") == bool(allowed)

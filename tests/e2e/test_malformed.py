"""Malformed input is a 400 that names what was wrong, never a 5xx (`Api` refuses every 5xx)."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from infra.local.vins import bronco
from tests.e2e.api import Api, message, refusal
from tests.e2e.tenant import Tenant

BY_VIN = "/vehicles/create/by-vin"
INVALID = (400, "ERROR_INVALID_PARAMETERS")
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def tenant(new_tenant: Callable[[], Tenant]) -> Tenant:
    return new_tenant()


@pytest.fixture(scope="module")
def partner(tenant: Tenant) -> Api:
    return tenant.api


@pytest.fixture(scope="module")
def user(tenant: Tenant) -> str:
    return tenant.user()


@pytest.fixture(scope="module")
def register(partner: Api, user: str) -> Any:
    """Sends a good request with some of its fields changed; `...` leaves one out."""

    def register(**changes: Any) -> httpx.Response:
        request = {"userId": user} | bronco() | changes
        return partner.post(BY_VIN, {k: v for k, v in request.items() if v is not ...})

    return register


@pytest.fixture(scope="module")
def raw(partner: Api, user: str) -> Any:
    """Sends bytes: given ones, or the request with some of its bytes replaced."""

    def raw(content: bytes | None = None, **replaced: bytes) -> httpx.Response:
        if content is None:
            request = {"userId": user} | bronco() | dict.fromkeys(replaced, "HERE")
            content = json.dumps(request).encode()
            for value in replaced.values():
                content = content.replace(b'"HERE"', value, 1)
        return partner.call("POST", BY_VIN, content=content)

    return raw


def named(answer: httpx.Response, field: str) -> None:
    assert refusal(answer) == INVALID
    assert f"{field}: " in message(answer)
    assert len(message(answer)) < 2000


@pytest.mark.parametrize(
    "content",
    [
        b"", b" ", b"not JSON", b"{", b"}", b"{]", b'{"vin"}', b"<xml/>", b"vin=1&year=2",
        b"[]", b"[{}]", b'"text"', b"null", b"7", b"-1.5e300", b"true", b"NaN", b"\0", b"\xff\xfe",
        b"\xef\xbb\xbf", b"[" * 100_000, b'{"a":' * 100_000, b"[" * 50_000 + b"]" * 50_000,
        b'"' + b"x" * MEGABYTE + b'"', b"1" * MEGABYTE,
    ],
    ids=lambda content: f"{ascii(content)[2:14]}~{len(content)}",
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_named_as_the_body(raw: Any, content: bytes) -> None:
    named(raw(content), "body")


def test_an_empty_object_names_every_required_field(partner: Api) -> None:
    answer = partner.post(BY_VIN, {})
    for field in ("userId", "vin", "make", "model", "year"):
        named(answer, field)


@pytest.mark.parametrize("field", ["userId", "vin", "make", "model", "year"])
@pytest.mark.parametrize("value", [..., None, True, [], {}, ["x"], {"x": "y"}, 1.5], ids=repr)
def test_a_field_of_the_wrong_type_is_named(register: Any, field: str, value: Any) -> None:
    named(register(**{field: value}), field)


@pytest.mark.parametrize("field", ["userId", "vin", "make", "model", "licensePlate", "state"])
@pytest.mark.parametrize(
    "value", [7, "x" * MEGABYTE, "\0" * 3, "\x1b[2J", "\ufffd"], ids=lambda v: ascii(v)[:10]
)
def test_text_that_cannot_be_meant_is_named(register: Any, field: str, value: Any) -> None:
    answer = register(**{"state": "CA", "licensePlate": "ABC1", field: value})
    if field == "userId" and isinstance(value, str) and len(value) < 64:
        assert refusal(answer) == (404, "ERROR_USER_NOT_FOUND")
    else:
        named(answer, field)


@pytest.mark.parametrize("year", ["1988", "x", 1979, 0, -1, 10**9, 10**400, True, 1988.0, [1988]])
def test_a_year_that_cannot_be_meant_is_named(register: Any, year: Any) -> None:
    named(register(year=year), "year")


@pytest.mark.parametrize("year", [b"1e400", b"NaN", b"Infinity", b"-0", b"1988.0", b"1e3"])
def test_a_number_that_is_no_year_is_named(raw: Any, year: bytes) -> None:
    named(raw(year=year), "year")


@pytest.mark.parametrize("year", [b"0x7c4", b"01988", b"1_988", b"9" * 10_000])
def test_a_number_that_is_none_is_named(raw: Any, year: bytes) -> None:
    assert refusal(raw(year=year)) == INVALID


@pytest.mark.parametrize("field", ["userId", "vin", "make", "model", "licensePlate", "state"])
@pytest.mark.parametrize(
    "value", [rb'"\ud800"', rb'"\udfff"', rb'"\ud800x"', b'"a\0b"', rb'"\x41"', rb'"\u00"']
)
def test_escapes_that_are_no_text_are_refused(raw: Any, field: str, value: bytes) -> None:
    assert refusal(raw(**{field: value})) == INVALID


@pytest.mark.parametrize(
    "value", [b'"Fo\xffrd"', b'"Fo\xed\xa0\x80rd"', b'"Fo\xc0\xafrd"', b'"F\xc3"', b'"\xf5\x80"']
)
@pytest.mark.parametrize("field", ["vin", "make", "model"])
def test_bytes_that_are_no_utf_8_are_refused(raw: Any, field: str, value: bytes) -> None:
    assert refusal(raw(**{field: value})) == INVALID


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-7"])
def test_json_in_another_encoding_is_refused_or_ascii(raw: Any, encoding: str) -> None:
    assert refusal(raw(json.dumps({"vin": "ä"}, ensure_ascii=False).encode(encoding))) == INVALID


def test_of_a_field_given_twice_the_last_counts(raw: Any, user: str) -> None:
    request = json.dumps({"userId": user} | bronco()).encode()
    named(raw(request.replace(b"{", b'{"year": 1988, ', 1).replace(b"1988}", b"1979}")), "year")
    assert raw(request.replace(b"{", b'{"year": 1979, ', 1)).status_code == 200


def test_unknown_fields_are_ignored(register: Any) -> None:
    deep: Any = "x"
    for _ in range(50):
        deep = {"deep": [deep]}
    assert register(unknown=deep, USERID="x", user_name="y").status_code == 200


@pytest.mark.parametrize("plate", ["#", "A" * 17, "ÄB-1", "---", "A;DROP TABLE", "<b>"])
def test_a_plate_that_no_state_stamps_is_named(register: Any, plate: str) -> None:
    named(register(licensePlate=plate, state="CA"), "licensePlate")


@pytest.mark.parametrize(
    "vin", ["'; --", "../../etc", "\u202e1FMCU", "ß" * 17, "１FMCU14T6JU400773", "%00", " " * 17]
)
def test_weird_text_for_a_vin_is_malformed(register: Any, vin: str) -> None:
    named(register(vin=vin), "vin")


@pytest.mark.parametrize(
    "user_id",
    ["'", "../usr", "USER#1", "usr_" + "0" * 31, "usr_" + "G" * 32, "\u202e", "\0", " ", "ß" * 36],
    ids=ascii,
)
def test_weird_text_for_a_user_is_nobody(register: Any, partner: Api, user_id: str) -> None:
    assert refusal(register(userId=user_id)) == (404, "ERROR_USER_NOT_FOUND")


@pytest.mark.parametrize("id", ["%00", "%ED%A0%80", "%FF", "x" * 5000, "%23", "usr_1%0A", "'", "*"])
@pytest.mark.parametrize("kind", ["users", "vehicles"])
def test_weird_text_in_a_path_is_not_found(partner: Api, kind: str, id: str) -> None:
    assert partner.get(f"/{kind}/{id}").status_code == 404


@pytest.mark.parametrize("query", ["limit=1&limit=2", "%00=%FF", "a", "&&&=", "x=" + "y" * 5000])
def test_a_query_that_nobody_asked_for_is_ignored(partner: Api, user: str, query: str) -> None:
    assert partner.get(f"/users/{user}?{query}").status_code == 200


@pytest.mark.parametrize(
    "values", [["", ], ["x" * 65], ["two words"], [b"\xe9"], ["a-key-given", "a-key-given"]],
    ids=str,
)  # fmt: skip
def test_a_malformed_idempotency_key_is_named(tenant: Tenant, values: list[str | bytes]) -> None:
    headers = [("Idempotency-Key", value) for value in values]
    request = {"userId": tenant.user()} | bronco()
    named(tenant.api.post(BY_VIN, request, headers=headers), "Idempotency-Key")
    assert tenant.api.post(BY_VIN, request).status_code == 200

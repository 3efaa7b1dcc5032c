"""What a gateway's event says, whatever the case of its headers or the form of its body."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motorpool.api.gateway_event import GatewayEvent
from motorpool.errors import InvalidParameters


def form(body: str | None, **event: Any) -> Any:
    return json.loads(GatewayEvent({"body": body, **event}).form)


def test_a_form_is_an_object_of_texts() -> None:
    assert form("a=1&b=two+words&c=%C3%A9&d=") == {"a": "1", "b": "two words", "c": "é", "d": ""}
    assert form(None) == form("") == {}
    encoded = base64.b64encode(b"a=1").decode()
    assert form(encoded, isBase64Encoded=True) == {"a": "1"}


@pytest.mark.parametrize(
    "body", ["a", "a=1&b", "a=1&a=1", "a=%ff", "é=1", "\ud800=1", "&".join(["a=1"] * 21), "{}"]
)
def test_what_is_no_form_of_each_field_once_is_refused(body: str) -> None:
    with pytest.raises(InvalidParameters):
        form(body)


@given(body=st.text())
def test_no_body_whatsoever_is_more_than_a_form_or_refused(body: str) -> None:
    with suppress(InvalidParameters):
        assert all(isinstance(value, str) for value in form(body).values())


def test_a_headers_values_are_found_in_any_case_and_spelling() -> None:
    headers = {"X-One": ["a"], "x-one": ["b", "c"], "other": ["d"]}
    event = GatewayEvent({"multiValueHeaders": headers})
    assert event.header("X-ONE") == ["a", "b", "c"]
    assert GatewayEvent({"multiValueHeaders": None}).header("x") == []


@pytest.mark.parametrize(
    ("values", "authorization"), [([], ""), (["Basic x"], "Basic x"), (["a", "a"], "")]
)
def test_an_authorization_counts_only_if_it_is_there_once(
    values: list[str], authorization: str
) -> None:
    event = GatewayEvent({"multiValueHeaders": {"AUTHORIZATION": values}})
    assert event.authorization == authorization


def test_path_parameters_are_decoded() -> None:
    event = GatewayEvent({"pathParameters": {"vehicle_id": "veh%5F1%2F2"}})
    assert event.path == {"vehicle_id": "veh_1/2"}
    assert GatewayEvent({"pathParameters": None}).path == {}

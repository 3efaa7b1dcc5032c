"""One name leads everywhere: folder, event, test."""

import json
import re

import pytest

from infra.paths import ROOT
from infra.spec import Authorizer, Consumer, Function, Route, discover
from tests.functions import world
from tests.functions.conftest import EVENTS, event

ID = re.compile(r"[a-z]{3}_[0-9a-f]{32,}")
NAMES = {function.name for function in discover()}
OF_THE_GATEWAY = {
    "resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters",
    "multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext",
}  # fmt: skip


def test_every_function_has_an_event_and_every_event_a_function() -> None:
    assert {file.stem for file in EVENTS.glob("*.json")} == NAMES


def test_every_function_has_a_test() -> None:
    tests = {file.stem for file in (ROOT / "tests" / "functions").glob("test_*.py")}
    assert {f"test_{name}" for name in NAMES} <= tests


@pytest.mark.parametrize(
    "function",
    [function for function in discover() if isinstance(function.spec, Route)],
    ids=lambda function: function.name,
)
def test_an_event_is_one_of_its_functions_route(function: Function) -> None:
    assert isinstance(function.spec, Route)
    recorded = event(function.name)
    context = recorded["requestContext"]
    assert set(recorded) == OF_THE_GATEWAY | {"body", "isBase64Encoded"}
    assert recorded["resource"] == context["resourcePath"] == function.spec.path
    assert recorded["httpMethod"] == context["httpMethod"] == function.spec.method
    assert recorded["path"] == function.spec.path.format(**recorded["pathParameters"] or {})
    assert context["path"] == f"/{context['stage']}{recorded['path']}"
    assert recorded["multiValueHeaders"] == {k: [v] for k, v in recorded["headers"].items()}


@pytest.mark.parametrize(
    "function",
    [function for function in discover() if isinstance(function.spec, Authorizer)],
    ids=lambda function: function.name,
)
def test_an_authorizers_event_is_a_request_to_a_method(function: Function) -> None:
    recorded = event(function.name)
    assert recorded["type"] == "REQUEST"
    assert set(recorded) == OF_THE_GATEWAY | {"type", "methodArn"}
    assert recorded["methodArn"].endswith(f"/{recorded['httpMethod']}{recorded['path']}")
    assert "authorizer" not in recorded["requestContext"]


@pytest.mark.parametrize(
    "function",
    [function for function in discover() if isinstance(function.spec, Consumer)],
    ids=lambda function: function.name,
)
def test_a_consumers_event_is_a_batch_of_its_queue(function: Function) -> None:
    assert isinstance(function.spec, Consumer)
    records = event(function.name)["Records"]
    assert 1 <= len(records) <= function.spec.batch
    for record in records:
        assert record["eventSource"] == "aws:sqs"
        assert function.spec.queue in record["eventSourceARN"].lower()
        assert isinstance(json.loads(record["body"]), dict)


def test_the_events_name_nobody_but_the_recorded_world() -> None:
    text = json.dumps([event(name) for name in sorted(NAMES)])
    known = {id for id in vars(world).values() if isinstance(id, str) and ID.fullmatch(id)}
    assert set(ID.findall(text)) == known - {world.OTHER_PARTNER}

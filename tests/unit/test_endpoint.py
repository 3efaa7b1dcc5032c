"""@endpoint turns an event into a handler's arguments, and whatever happens into the envelope."""

import base64
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field

from motorpool import budget
from motorpool.access.callers import Caller
from motorpool.api.endpoint import Endpoint, Result, endpoint
from motorpool.api.gateway_event import MOST_PROBLEMS
from motorpool.api.idempotency import AlreadyAnswered, FirstAnswer
from motorpool.api.schemas import NOT_STORED, PartnerModel, ShortText
from motorpool.dynamodb import table
from motorpool.dynamodb.items import Item
from motorpool.dynamodb.table import Key, TransactItem
from motorpool.errors import (
    InvalidParameters,
    MotorpoolError,
    NoPermission,
    PhotoNotFound,
    Unavailable,
    UserAlreadyExists,
    UserNotFound,
)
from tests.unit.conftest import Log

SECRET_THING = "Dana-Reyes-555-0123"
CONTEXT: Any = SimpleNamespace(function_name="motorpool-greet")


class Wheel(PartnerModel):
    rim_size: int


class Order(PartnerModel):
    owner_name: ShortText
    wheels: list[Wheel] = Field(default_factory=list)


class Page(PartnerModel):
    limit: int = Field(25, ge=1, le=100)


class Greeting(PartnerModel):
    said_to: str | None
    by: str
    wheels: int


class Paint(PartnerModel):
    color: str
    plate: str | None = None


class Device(PartnerModel):
    id: str
    secret: Annotated[str, NOT_STORED]


@endpoint(raises=(UserNotFound, UserAlreadyExists))
def greet(request: Order, caller: Caller) -> Greeting:
    return Greeting(said_to=request.owner_name, by=caller.client_id, wheels=len(request.wheels))


@endpoint()
def look_up(vehicle_id: str, query: Page) -> Greeting:
    return Greeting(said_to=vehicle_id, by="", wheels=query.limit)


@endpoint(raises=(UserAlreadyExists,))
def enrol(request: Order, caller: Caller) -> Result[Greeting]:
    answer = Greeting(said_to=request.owner_name, by=caller.client_id, wheels=0)
    return Result(answer, (table.put(Key("a", "b"), {}),))


def refusing(error: BaseException) -> Endpoint:
    @endpoint()
    def refuse() -> Greeting:
        raise error

    return refuse


@dataclass
class Store:
    """What the table would be asked, and what it answers."""

    written: list[tuple[TransactItem, ...]] = field(default_factory=list)
    items: dict[Key, Item] = field(default_factory=dict)
    refusal: MotorpoolError | None = None
    refusals: list[MotorpoolError] = field(default_factory=list)

    def transact(self, *writes: TransactItem) -> None:
        if refusal := self.refusals.pop(0) if self.refusals else self.refusal:
            raise refusal
        self.written.append(writes)

    def get(self, key: Key) -> Item | None:
        return self.items.get(key)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    monkeypatch.setattr(table, "transact", store.transact)
    monkeypatch.setattr(table, "get", store.get)
    return store


def event(caller: Caller, body: Any = None, **changes: Any) -> dict[str, Any]:
    return {
        "headers": {},
        "multiValueHeaders": {},
        "pathParameters": None,
        "multiValueQueryStringParameters": None,
        "body": body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {
            "httpMethod": "POST",
            "resourcePath": "/greetings/{vehicleId}",
            "requestId": "the-request",
            "authorizer": caller.as_context(),
        },
        **changes,
    }


def called(handler: Endpoint, given: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
    answer = handler(given, CONTEXT)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def refused(handler: Endpoint, given: dict[str, Any]) -> tuple[int, str, str]:
    status, body, _ = called(handler, given)
    assert set(body) == {"error_code", "error_message"}
    return status, body["error_code"], body["error_message"]


def problem(handler: Endpoint, given: dict[str, Any]) -> str:
    status, code, message = refused(handler, given)
    assert (status, code) == (400, "ERROR_INVALID_PARAMETERS")
    return message


def test_a_handler_gets_the_body_and_the_caller_and_its_answer_is_camel_case(
    caller: Caller,
) -> None:
    status, body, headers = called(greet, event(caller, {"ownerName": " Dana ", "wheels": []}))
    assert status == 200
    assert body == {"saidTo": "Dana", "by": caller.client_id, "wheels": 0}
    assert headers == {"Content-Type": "application/json", "x-request-id": "the-request"}


def test_a_handler_gets_path_parameters_in_snake_case_and_the_query(caller: Caller) -> None:
    given = event(
        caller,
        pathParameters={"vehicleId": "veh_1"},
        multiValueQueryStringParameters={"limit": ["7"], "unknown": ["x"]},
    )
    assert called(look_up, given)[1] == {"saidTo": "veh_1", "by": "", "wheels": 7}


def test_what_is_absent_is_null_and_never_missing(caller: Caller) -> None:
    @endpoint()
    def nobody() -> Greeting:
        return Greeting(said_to=None, by="", wheels=0)

    assert called(nobody, event(caller))[1]["saidTo"] is None


def test_a_body_in_base64_is_the_same_body(caller: Caller) -> None:
    body = base64.b64encode(json.dumps({"ownerName": "Jörg"}).encode()).decode()
    given = event(caller, body, isBase64Encoded=True)
    assert called(greet, given)[1]["saidTo"] == "Jörg"


def test_unknown_fields_are_ignored(caller: Caller) -> None:
    assert called(greet, event(caller, {"ownerName": "Dana", "more": {"deep": [1]}}))[0] == 200


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, ["ownerName: field required"]),
        ({"ownerName": 5}, ["ownerName: "]),
        ({"ownerName": None}, ["ownerName: "]),
        ({"ownerName": " "}, ["ownerName: "]),
        ({"ownerName": "x" * 65}, ["ownerName: "]),
        ({"ownerName": "a\0b"}, ["ownerName: "]),
        ({"ownerName": "a\ufffdb"}, ["ownerName: "]),
        ({"ownerName": "x", "wheels": {}}, ["wheels: "]),
        ({"ownerName": "x", "wheels": [1]}, ["wheels.0: "]),
        ({"ownerName": "x", "wheels": [{"rimSize": "17"}]}, ["wheels.0.rimSize: "]),
        ({"ownerName": "x", "wheels": [{"rimSize": True}]}, ["wheels.0.rimSize: "]),
        ({"wheels": 1}, ["ownerName: field required", "wheels: "]),
    ],
    ids=str,
)
def test_every_wrong_field_is_named_as_the_caller_wrote_it(
    caller: Caller, body: Any, names: list[str]
) -> None:
    message = problem(greet, event(caller, body))
    assert all(name in message for name in names)
    assert len(message.split("; ")) == len(names)


@pytest.mark.parametrize(
    "body", ["", "null", "[]", '"x"', "3", "true", "{", "{]", "\0", "[" * 10**5]
)
def test_a_body_that_is_no_json_object_is_said_to_be_wrong_itself(
    caller: Caller, body: str
) -> None:
    assert problem(greet, event(caller, body)).startswith("body: ")


def test_no_body_at_all_is_said_too(caller: Caller) -> None:
    assert problem(greet, event(caller) | {"body": None}).startswith("body: ")


@pytest.mark.parametrize("encoded", [b"\xff\xfe", b'{"ownerName": "\xff"}', b"\xed\xa0\x80"])
def test_bytes_that_are_no_utf_8_are_refused(caller: Caller, encoded: bytes) -> None:
    given = event(caller, base64.b64encode(encoded).decode(), isBase64Encoded=True)
    assert problem(greet, given).startswith("body: ")


def test_a_lone_surrogate_is_refused_escaped_or_not(caller: Caller) -> None:
    assert problem(greet, event(caller, '{"ownerName": "\\ud800"}')).startswith("body: ")
    assert problem(greet, event(caller, '{"ownerName": "\ud800"}')).startswith("body: ")


@pytest.mark.parametrize(
    "body",
    [
        {"ownerName": SECRET_THING * 10},
        {"ownerName": {SECRET_THING: SECRET_THING}},
        {"ownerName": "x", "wheels": [{"rimSize": SECRET_THING}]},
        {SECRET_THING: SECRET_THING},
        SECRET_THING,
        f'{{"ownerName": {SECRET_THING}}}',
    ],
    ids=str,
)
def test_what_was_sent_is_never_repeated(caller: Caller, log: Log, body: Any) -> None:
    message = problem(greet, event(caller, body))
    assert SECRET_THING not in message
    assert SECRET_THING not in log.text


def test_at_most_twenty_problems_are_listed(caller: Caller) -> None:
    message = problem(greet, event(caller, {"ownerName": "x", "wheels": [{}] * 1000}))
    assert len(message.split("; ")) == MOST_PROBLEMS == 20


def test_a_parameter_of_the_query_is_given_once(caller: Caller) -> None:
    given = event(
        caller,
        pathParameters={"vehicleId": "veh_1"},
        multiValueQueryStringParameters={"limit": ["7", "8"], "cursor": ["a"]},
    )
    assert problem(look_up, given) == "limit: is given more than once"


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "", "1e1", "٣٣٣", "9" * 5000])
def test_a_wrong_parameter_of_the_query_is_named(caller: Caller, limit: str) -> None:
    given = event(
        caller,
        pathParameters={"vehicleId": "veh_1"},
        multiValueQueryStringParameters={"limit": [limit]},
    )
    assert problem(look_up, given).startswith("limit: ")


@given(body=st.text() | st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("ownerName"), inner),
))  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_whatsoever_is_answered_with_a_5xx(caller: Caller, log: Log, body: Any) -> None:
    status, answer, headers = called(greet, event(caller, body))
    assert status in {200, 400}
    assert isinstance(answer, dict)
    assert headers["x-request-id"] == "the-request"


def test_a_refusal_has_the_status_and_code_that_its_api_documents(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = refusing(InvalidParameters(("vin", "is wrong")))
    assert called(handler, event(caller))[1] == {
        "error_code": "ERROR_INVALID_PARAMETERS",
        "error_message": "vin: is wrong",
    }
    monkeypatch.setenv("API", "supplier")
    assert called(handler, event(caller))[1] == {
        "code": "bad_request",
        "message": "The request parameters are invalid: vin: is wrong",
    }


def test_a_dependency_that_fails_is_the_documented_500_or_503(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = refusing(Unavailable())
    assert refused(handler, event(caller))[:2] == (500, "INTERNAL_SERVER_ERROR")
    monkeypatch.setenv("API", "supplier")
    status, body, headers = called(handler, event(caller))
    assert (status, body) == (
        503,
        {"code": "service_unavailable", "message": "Service unavailable"},
    )
    assert headers["Retry-After"] == "1"


@pytest.mark.parametrize("api", ["partner", "supplier"])
def test_what_nobody_foresaw_is_a_500_that_tells_the_caller_nothing(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    monkeypatch.setenv("API", api)
    status, body, headers = called(refusing(KeyError(SECRET_THING)), event(caller))
    assert status == 500
    assert set(body.values()) <= {
        "INTERNAL_SERVER_ERROR",
        "internal_server_error",
        "Internal server error",
    }
    assert headers["x-request-id"] == "the-request"


def test_what_nobody_foresaw_is_logged_by_type_and_place_without_its_message(
    caller: Caller, log: Log
) -> None:
    called(refusing(KeyError(SECRET_THING)), event(caller))
    [line] = log.lines
    assert (line["level"], line["message"]) == ("ERROR", "unexpected")
    assert line["fault"][0] == "builtins.KeyError"
    assert any("test_endpoint.py" in place and "refuse" in place for place in line["fault"])
    assert SECRET_THING not in log.text


def test_only_what_nobody_foresaw_counts_as_unexpected(
    caller: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    for error in (UserNotFound(), InvalidParameters(("vin", "is wrong"))):
        called(refusing(error), event(caller))
    assert "UnexpectedErrors" not in capsys.readouterr().out
    for fault in (KeyError(), Unavailable(), RecursionError()):
        called(refusing(fault), event(caller))
        assert "UnexpectedErrors" in capsys.readouterr().out


def test_an_error_without_an_answer_on_the_api_is_unexpected(
    caller: Caller, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API", "supplier")
    for error in (NoPermission(), PhotoNotFound(), UserAlreadyExists()):
        status, body, headers = called(refusing(error), event(caller))
        assert (status, body["code"]) == (500, "internal_server_error")
        assert headers["x-request-id"] == "the-request"
        assert log.lines[-1]["fault"][0].endswith(type(error).__name__)


def test_an_event_without_a_caller_is_answered_all_the_same(caller: Caller) -> None:
    given = event(caller)
    del given["requestContext"]["authorizer"]
    assert refused(greet, given) == (500, "INTERNAL_SERVER_ERROR", "Internal server error")


def test_every_answer_leaves_one_line_without_header_values(caller: Caller, log: Log) -> None:
    called(greet, event(caller, {"ownerName": SECRET_THING}))
    refused(greet, event(caller, {}))
    answered, refusal = log.lines
    assert (answered["message"], answered["status"]) == ("answered", 200)
    assert "code" not in answered
    assert (refusal["status"], refusal["code"]) == (400, "ERROR_INVALID_PARAMETERS")
    assert answered["route"] == "POST /greetings/{vehicleId}"
    assert answered["correlation_id"] == "the-request"
    assert answered["elapsed_ms"] >= 0
    assert len(answered["client"]) == 12
    for value in (caller.client_id, caller.partner_id, SECRET_THING):
        assert value not in log.text


def test_a_route_with_a_scope_refuses_a_caller_without_it(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOPE", "checkins.review")
    given = event(caller, {"ownerName": "Dana"})
    assert refused(greet, given)[:2] == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    monkeypatch.setenv("API", "supplier")
    status, body, headers = called(greet, given)
    assert (status, body) == (
        401,
        {"code": "unauthorized", "message": "Invalid OAuth 2.0 credentials provided"},
    )
    assert headers["WWW-Authenticate"] == 'Bearer realm="motorpool", error="insufficient_scope"'
    allowed = event(replace(caller, scopes=frozenset({"checkins.review"})), {"ownerName": "Dana"})
    assert called(greet, allowed)[0] == 200


def test_one_of_several_scopes_is_enough(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOPE", "checkins.review vehicle_suppliers.vehicles.read")
    for scope, status in (
        ("checkins.review", 200),
        ("vehicle_suppliers.vehicles.read", 200),
        ("vehicle_suppliers.vehicles", 403),
    ):
        given = event(replace(caller, scopes=frozenset({scope})), {"ownerName": "Dana"})
        assert called(greet, given)[0] == status


def test_an_answer_of_nothing_is_a_204_without_a_body(caller: Caller) -> None:
    @endpoint()
    def hush(caller: Caller) -> Result[None]:
        return Result(None, headers={"Location": "elsewhere"})

    answer = hush(event(caller), CONTEXT)
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert answer["headers"]["Location"] == "elsewhere"


def test_a_decision_on_what_has_changed_since_is_made_again(
    caller: Caller, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    decisions = []
    monkeypatch.setattr("time.sleep", lambda _: None)

    @endpoint()
    def decide(caller: Caller) -> Result[Greeting]:
        decisions.append(caller)
        store.refusal = table.VersionConflict() if len(decisions) < 3 else None
        answer = Greeting(said_to=None, by="", wheels=len(decisions))
        return Result(answer, (table.put(Key("a", "b"), {}),))

    assert called(decide, event(caller))[1]["wheels"] == 3
    assert len(store.written) == 1


def test_what_keeps_changing_is_a_dependency_that_fails(
    caller: Caller, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("API", "supplier")
    store.refusal = table.VersionConflict()
    status, body, headers = called(enrol, event(caller, {"ownerName": "Dana"}))
    assert (status, body["code"], headers["Retry-After"]) == (503, "service_unavailable", "1")


def test_no_decision_is_begun_so_late_that_the_function_could_end_before_it(
    caller: Caller, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr("time.sleep", lambda _: None)
    decisions = []

    @endpoint()
    def decide(caller: Caller) -> Result[Greeting]:
        decisions.append(caller)
        clock[0] += budget.SECONDS * 0.4
        return Result(Greeting(said_to=None, by="", wheels=0), (table.put(Key("a", "b"), {}),))

    store.refusal = table.VersionConflict()
    assert called(decide, event(caller))[0] == 500
    assert len(decisions) == 3


def test_nobody_is_told_of_a_change_before_its_writes_are_there(
    caller: Caller, store: Store
) -> None:
    given = event(caller, {"ownerName": "Dana"})
    assert called(enrol, given)[0] == 200
    [writes] = store.written
    assert len(writes) == 1
    store.refusal = UserAlreadyExists()
    assert refused(enrol, given)[:2] == (409, "ERROR_USER_ALREADY_EXISTS")


def test_a_keys_record_is_written_with_the_effect(caller: Caller, store: Store) -> None:
    given = event(
        caller, {"ownerName": "Dana"}, multiValueHeaders={"IDEMPOTENCY-key": ["order-66"]}
    )
    called(enrol, given)
    [(record, _)] = store.written
    assert record.request["Item"]["pk"]["S"] == f"CLIENT#{caller.client_id}#KEY#order-66"
    assert json.loads(record.request["Item"]["body"]["S"])["saidTo"] == "Dana"


def test_a_replayed_answer_has_the_status_and_headers_of_the_first(
    caller: Caller, store: Store
) -> None:
    store.refusal = AlreadyAnswered(FirstAnswer(204, "", {"Location": "there"}))
    given = event(caller, {"ownerName": "Dana"}, multiValueHeaders={"Idempotency-Key": ["a"]})
    answer = enrol(given, CONTEXT)
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert answer["headers"]["Location"] == "there"
    assert answer["headers"]["Idempotent-Replayed"] == "true"


def test_a_null_is_another_request_than_no_field_and_a_field_of_another_name_is_ignored(
    caller: Caller, store: Store
) -> None:
    @endpoint()
    def paint(request: Paint, caller: Caller) -> Result[None]:
        return Result(None, (table.put(Key("a", "b"), {}),))

    keyed = {"Idempotency-Key": ["a"]}
    bodies: list[dict[str, Any]] = [
        {"color": "red"},
        {"color": "red", "plate": None},
        {"color": "red", "unknown": None},
    ]
    for body in bodies:
        paint(event(caller, body, multiValueHeaders=keyed), CONTEXT)
    absent, null, unknown = (record.request["Item"]["fingerprint"] for record, _ in store.written)
    assert null != absent
    assert unknown == absent


def shows_a_secret(store: Store) -> Endpoint:
    """An endpoint whose answer has a secret that no record keeps."""
    numbers = itertools.count(1)

    def with_another_secret(first: Mapping[str, Any], caller: Caller) -> Result[Device]:
        device = Device(id=first["id"], secret=f"secret-{next(numbers)}")
        return Result(device, (table.put(Key("secret", device.secret), {}),))

    @endpoint(renew=with_another_secret)
    def connect(caller: Caller) -> Result[Device]:
        device = Device(id="dev_1", secret=f"secret-{next(numbers)}")
        return Result(device, (table.put(Key("secret", device.secret), {}),))

    return connect


def test_a_secret_is_stored_in_no_record_and_a_repeat_gets_another(
    caller: Caller, store: Store
) -> None:
    connect = shows_a_secret(store)
    given = event(caller, multiValueHeaders={"Idempotency-Key": ["a"]})
    assert called(connect, given)[1] == {"id": "dev_1", "secret": "secret-1"}
    [(record, _)] = store.written
    assert json.loads(record.request["Item"]["body"]["S"]) == {"id": "dev_1"}
    assert "secret-1" not in str(record)

    store.refusals = [AlreadyAnswered(FirstAnswer(200, '{"id":"dev_1"}', {"Location": "there"}))]
    status, body, headers = called(connect, given)
    assert (status, body) == (200, {"id": "dev_1", "secret": "secret-3"})
    assert (headers["Location"], headers["Idempotent-Replayed"]) == ("there", "true")
    assert store.written[-1][0].request["Item"]["sk"]["S"] == "secret-3"


def test_an_answer_with_a_field_that_is_not_kept_must_say_how_it_is_renewed() -> None:
    def connect(caller: Caller) -> Device:
        raise NotImplementedError

    with pytest.raises(TypeError, match="nothing renews secret"):
        endpoint()(connect)


def test_what_was_carried_out_though_its_answer_was_lost_is_found_out_where_it_can_be(
    caller: Caller, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)

    def answered(*, idempotent: bool, key: bool) -> tuple[int, int]:
        decisions = []

        @endpoint(idempotent=idempotent)
        def decide(caller: Caller) -> Result[Greeting]:
            decisions.append(caller)
            answer = Greeting(said_to=None, by="", wheels=len(decisions))
            return Result(answer, (table.put(Key("a", "b"), {}),))

        store.refusals = [table.OutcomeUnknown()]
        headers = {"Idempotency-Key": ["a"]} if key else {}
        status = called(decide, event(caller, multiValueHeaders=headers))[0]
        return status, len(decisions)

    assert answered(idempotent=True, key=False) == (200, 2)
    assert answered(idempotent=False, key=True) == (200, 2)
    assert answered(idempotent=False, key=False) == (500, 1)


def test_an_outcome_that_stays_unknown_is_not_asked_for_again_and_again(
    caller: Caller, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("API", "supplier")
    store.refusals = [table.OutcomeUnknown(), table.OutcomeUnknown()]
    given = event(caller, {"ownerName": "Dana"}, multiValueHeaders={"Idempotency-Key": ["a"]})
    status, body, _ = called(enrol, given)
    assert (status, body["code"]) == (503, "service_unavailable")


def test_a_key_on_a_get_is_ignored(caller: Caller, store: Store) -> None:
    given = event(
        caller,
        pathParameters={"vehicleId": "veh_1"},
        multiValueHeaders={"Idempotency-Key": ["é" * 100]},
    )
    given["requestContext"]["httpMethod"] = "GET"
    assert called(look_up, given)[0] == 200


@pytest.mark.parametrize(
    "values", [[""], ["x" * 65], ["two words"], ["tab\t"], ["é"], ["\ud800"], ["a\n"], ["a", "a"]]
)
def test_a_malformed_key_is_refused_before_anything_is_done(
    caller: Caller, store: Store, values: list[str]
) -> None:
    given = event(caller, {"ownerName": "Dana"}, multiValueHeaders={"Idempotency-Key": values})
    assert problem(enrol, given).startswith("Idempotency-Key: must be given once")
    assert store.written == []


def test_a_key_given_under_two_spellings_of_the_header_is_given_twice(
    caller: Caller, store: Store
) -> None:
    headers = {"Idempotency-Key": ["a"], "idempotency-key": ["a"]}
    given = event(caller, {"ownerName": "Dana"}, multiValueHeaders=headers)
    assert problem(enrol, given).startswith("Idempotency-Key: must be given once")

"""Function tests: a recorded event, the handler, and moto in the place of AWS.

Nothing about concurrency may be concluded here: moto's transactions are not atomic under threads.
"""

import importlib.util
import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.retries.quota import RetryQuota
from moto import mock_aws

from infra.paths import FUNCTIONS, ROOT
from infra.spec import Dispatcher, Route, discover
from infra.table_keys import create_table_request
from motorpool import aws
from motorpool.access import secret_keys
from motorpool.dynamodb import table
from motorpool.dynamodb.items import Item
from motorpool.errors import ENVELOPES, OAuthError
from motorpool.messages import rules
from tests.functions import wire, world
from tests.functions.wire import Fault

EVENTS = ROOT / "events"
OAUTH = OAuthError.envelope("supplier")
SPECS = {function.name: function.spec for function in discover()}


@pytest.fixture(scope="package", autouse=True)
def _moto() -> Iterator[None]:
    """AWS, as far as moto is it, for all function tests."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in {
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }.items():
            patch.setenv(name, value)
        aws.forget()
        secret_keys.forget()
        for name in ("pepper", "cursor_key", "token_key", "webhook_key"):
            secret = wire.aws("secretsmanager").create_secret(Name=name, SecretString=name * 8)
            patch.setenv(f"{name.upper()}_SECRET_ARN", secret["ARN"])
        yield
    aws.forget()
    secret_keys.forget()


@pytest.fixture(autouse=True)
def _empty_table(_moto: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table, a bucket and queues of the test's own."""
    name = f"motorpool-{next(_numbers)}"
    monkeypatch.setenv("PHOTO_BUCKET", name)
    s3 = wire.aws("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for variable, queue in (
        ("TRANSFERS_QUEUE_URL", "live"),
        ("EXPIRIES_QUEUE_URL", "expiries"),
        ("EVENTS_QUEUE_URL", "events"),
        ("RENDITIONS_QUEUE_URL", "renditions"),
        ("CONSUMED_QUEUE_URL", "live"),
        ("DEAD_LETTER_QUEUE_URL", "dead"),
    ):
        made = wire.aws("sqs").create_queue(QueueName=f"{name}-{queue}")
        monkeypatch.setenv(variable, made["QueueUrl"])
    dispatcher = SPECS["dispatch"]
    assert isinstance(dispatcher, Dispatcher)
    monkeypatch.setenv(rules.VARIABLE, rules.as_text(dispatcher.rules))
    empty_table(monkeypatch)


def empty_table(patch: pytest.MonkeyPatch) -> None:
    """From now on, an empty table."""
    name = f"motorpool-{next(_numbers)}"
    patch.setenv("TABLE_NAME", name)
    made_table(name)


def made_table(name: str) -> None:
    """A table as the stack has it."""
    wire.aws("dynamodb").create_table(**create_table_request(name))


_numbers = itertools.count()


def event(name: str) -> dict[str, Any]:
    """The recorded event of a function."""
    recorded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return recorded


def handler_of(name: str) -> Callable[[dict[str, Any], Any], Any]:
    """The Lambda handler in a function's folder."""
    spec = importlib.util.spec_from_file_location(
        f"{name}_handler", FUNCTIONS / name / "handler.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    handler: Callable[[dict[str, Any], Any], Any] = module.handler
    return handler


@dataclass(frozen=True)
class Answer:
    """What a caller gets, and what it took: the DynamoDB calls, by name."""

    status: int
    body: Any
    headers: dict[str, str]
    calls: tuple[str, ...]

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of an answer in the envelope of its API."""
        code, message = self._envelope
        assert set(self.body) == {code, message}
        return self.status, self.body[code]

    @property
    def message(self) -> str:
        """What the envelope says to people."""
        text: str = self.body[self._envelope[1]]
        return text

    @property
    def _envelope(self) -> tuple[str, str]:
        return next(names for names in (*ENVELOPES.values(), OAUTH) if names[0] in self.body)


@dataclass
class Caller:
    """Somebody who calls one function with its recorded event, changed here and there."""

    name: str
    event: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.event = event(self.name)

    def with_headers(self, *headers: tuple[str, str]) -> "Caller":
        """More headers, as the gateway hands them on: the last value, and all of them."""
        for name, value in headers:
            self.event["headers"][name] = value
            self.event["multiValueHeaders"].setdefault(name, []).append(value)
        return self

    def with_query(self, **values: str) -> "Caller":
        """Another query string."""
        self.event["queryStringParameters"] = values
        self.event["multiValueQueryStringParameters"] = {k: [v] for k, v in values.items()}
        return self

    def with_body(self, **changes: Any) -> "Caller":
        """Other values in the JSON body; `...` leaves a field out."""
        body = json.loads(self.event["body"]) | changes
        self.event["body"] = json.dumps({k: v for k, v in body.items() if v is not ...})
        return self

    def linked_to(self, org_id: str, org_path: str) -> "Caller":
        """As a client of an organization rather than of the whole partner."""
        self.event["requestContext"]["authorizer"] |= {"orgId": org_id, "orgPath": org_path}
        return self

    def with_scopes(self, *scopes: str) -> "Caller":
        """As a client with those scopes only."""
        self.event["requestContext"]["authorizer"]["scopes"] = " ".join(scopes)
        return self

    def as_device_of(self, user_id: str, device_id: str = world.DEVICE) -> "Caller":
        """As a device of that user."""
        device = {"deviceId": device_id, "userId": user_id, "scopes": ""}
        self.event["requestContext"]["authorizer"] |= device
        return self

    def of(self, partner_id: str) -> "Caller":
        """As another partner's client."""
        self.event["requestContext"]["authorizer"]["partnerId"] = partner_id
        return self

    def calls(self, **path: str) -> Answer:
        """Call the function, with the variables of its route. `path` are other path parameters."""
        if path:
            self.event["pathParameters"] = path
        spec = SPECS[self.name]
        with pytest.MonkeyPatch.context() as patch, wire.calls_counted() as calls:
            if isinstance(spec, Route):
                patch.setenv("API", spec.api)
                patch.setenv("SCOPE", " ".join(spec.scope))
                patch.setenv("DEVICES", "true" if spec.devices else "")
                patch.setenv("REQUESTS_PER_HOUR", str(spec.per_hour or ""))
            answer = handler_of(self.name)(
                self.event, SimpleNamespace(function_name=f"motorpool-{self.name}")
            )
        body = json.loads(answer["body"]) if answer["body"] else None
        return Answer(answer["statusCode"], body, answer["headers"], tuple(calls))


@pytest.fixture
def somebody(request: pytest.FixtureRequest) -> Callable[[], Caller]:
    """Makes callers of the function that the test module is named after."""
    name = request.module.__name__.rpartition(".test_")[2]
    return lambda: Caller(name)


def everything_stored() -> list[Item]:
    """All items of the table, in no order."""
    plain = TypeDeserializer().deserialize
    found = wire.aws("dynamodb").scan(TableName=table.table_name())["Items"]
    return [{name: plain(value) for name, value in item.items()} for item in found]


def in_queues() -> set[tuple[str, str]]:
    """Who finds open check-ins in the queue of which status."""
    found = [item["pk"].split("#") for item in everything_stored()]
    return {(pk[1], pk[2]) for pk in found if pk[0] == "QUEUE"}


@pytest.fixture(autouse=True)
def _patient_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    # A client that had many faults stops repeating calls; each test is to be a world of its own.
    monkeypatch.setattr(RetryQuota, "acquire", lambda *_: True)


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fault]:
    """Puts a Fault in front of moto, and lets nobody wait.

    Takes a Fault's arguments, or status and code of AWS's error in the place of the outcome.
    """

    def faulty(operation: str, *outcome: Any, **options: Any) -> Fault:
        if len(outcome) == 2:
            status, code = outcome
            outcome = (partial(wire.error, code, status),)
        fault = Fault(operation, *outcome, **options)
        wire.lay(monkeypatch, fault)
        monkeypatch.setattr("time.sleep", fault.sleep)
        return fault

    return faulty

"""Calls to AWS: what is tried again and what is not, over sockets of this machine."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread, local
from typing import Any

import pytest
import pytest_socket

from motorpool.aws import connection, credentials
from motorpool.aws.connection import Request, Unreachable, exchange
from motorpool.aws.s3 import S3
from motorpool.aws.service import TRIES, AwsError, JsonService

Outcome = tuple[int, dict[str, Any]] | Callable[[socket.socket], object]
SOON = 0.5


@dataclass
class Aws:
    """A server that gives its outcomes one after another, the last for ever."""

    outcomes: list[Outcome] = field(default_factory=lambda: [(200, {})])
    heard: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    url: str = ""

    @property
    def targets(self) -> list[str]:
        return [headers["x-amz-target"] for _, _, headers, _ in self.heard]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    pytest_socket.enable_socket()
    made = Aws()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            made.connections.add(self.client_address)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            given = {name.lower(): value for name, value in self.headers.items()}
            made.heard.append((self.command, self.path, given, body))
            outcome = made.outcomes.pop(0) if len(made.outcomes) > 1 else made.outcomes[0]
            if callable(outcome):
                outcome(self.connection)
                self.close_connection = True
                return
            status, answer = outcome
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    for name, value in {
        "AWS_ENDPOINT_URL": made.url,
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(connection, "_of_the_thread", local())
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def dynamodb() -> JsonService:
    return JsonService("dynamodb", "DynamoDB_20120810", timeout=SOON)


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


THROTTLED = (400, {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"})
REFUSED = (400, {"__type": "com.amazonaws#ConditionalCheckFailedException", "message": "no"})


def test_a_call_says_operation_region_role_and_parameters(aws: Aws) -> None:
    aws.outcomes = [(200, {"Item": {}})]
    assert dynamodb().call("GetItem", TableName="t") == {"Item": {}}
    [(method, path, headers, body)] = aws.heard
    assert (method, path) == ("POST", "/")
    assert headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["x-amz-security-token"] == "token"
    assert "/eu-central-1/dynamodb/aws4_request" in headers["authorization"]
    assert json.loads(body) == {"TableName": "t"}
    assert "x-amzn-trace-id" not in headers


def test_a_call_carries_the_trace_that_lambda_is_in(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-69209b3f")
    dynamodb().call("GetItem")
    [(_, _, headers, _)] = aws.heard
    assert headers["x-amzn-trace-id"] == "Root=1-69209b3f"
    assert "x-amzn-trace-id" not in headers["authorization"]


@pytest.mark.parametrize(
    "passing",
    [(500, {}), (503, {}), THROTTLED, hang_up],
    ids=["500", "503", "throttled", "no answer"],
)
def test_what_passes_is_tried_again_after_a_pause(
    aws: Aws, slept: list[float], passing: Outcome
) -> None:
    aws.outcomes = [passing, passing, (200, {"ok": 1})]
    assert dynamodb().call("GetItem") == {"ok": 1}
    assert len(aws.heard) == TRIES == 3
    assert len(slept) == 2
    assert 0 <= slept[0] <= 1
    assert 0 <= slept[1] <= 2


def test_after_the_last_try_the_error_says_what_aws_said(aws: Aws) -> None:
    aws.outcomes = [THROTTLED]
    with pytest.raises(AwsError, match=r"^ThrottlingException$") as raised:
        dynamodb().call("GetItem")
    assert raised.value.passing
    assert len(aws.heard) == TRIES


def test_a_refusal_is_final(aws: Aws) -> None:
    aws.outcomes = [REFUSED]
    with pytest.raises(AwsError) as raised:
        dynamodb().call("UpdateItem")
    assert (raised.value.status, raised.value.code) == (400, "ConditionalCheckFailedException")
    assert raised.value.answer["message"] == "no"
    assert not raised.value.passing
    assert len(aws.heard) == 1


def test_what_may_have_been_heard_is_not_repeated_if_it_must_not_be(aws: Aws) -> None:
    aws.outcomes = [hang_up, (200, {})]
    with pytest.raises(Unreachable) as raised:
        dynamodb().call("UpdateItem", repeatable=False)
    assert not raised.value.undone
    assert len(aws.heard) == 1


def test_after_a_500_it_may_have_been_done_too(aws: Aws) -> None:
    aws.outcomes = [(500, {}), (200, {})]
    with pytest.raises(AwsError, match="500"):
        dynamodb().call("UpdateItem", repeatable=False)
    assert len(aws.heard) == 1


def test_what_was_refused_for_now_is_repeated_even_so(aws: Aws) -> None:
    aws.outcomes = [THROTTLED, (200, {"ok": 1})]
    assert dynamodb().call("UpdateItem", repeatable=False) == {"ok": 1}


def test_nobody_there_is_tried_again_and_then_said(
    aws: Aws, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
    with pytest.raises(Unreachable) as raised:
        dynamodb().call("UpdateItem", repeatable=False)
    assert raised.value.undone
    assert len(slept) == TRIES - 1


def test_an_answer_that_takes_too_long_is_not_waited_for(aws: Aws) -> None:
    aws.outcomes = [lambda _: Event().wait(3 * SOON)]
    began = time.perf_counter()
    with pytest.raises(Unreachable):
        exchange(Request(aws.url, "POST", "/"), timeout=0.1)
    assert time.perf_counter() - began < SOON


def test_one_connection_serves_call_after_call(aws: Aws) -> None:
    for _ in range(3):
        dynamodb().call("GetItem")
    assert len(aws.connections) == 1


def test_a_connection_that_was_dropped_meanwhile_costs_no_try(aws: Aws, slept: list[float]) -> None:
    aws.outcomes = [(200, {})]
    dynamodb().call("GetItem")
    for kept in connection._kept().values():
        assert kept.sock is not None
        kept.sock.shutdown(socket.SHUT_RD)  # as when the other side has hung up
    assert dynamodb().call("UpdateItem", repeatable=False) == {}
    assert len(aws.connections) == 2
    assert slept == []


def test_a_snapshots_credentials_are_those_of_now(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{aws.url}/v2/credentials?a=b")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "proof")
    fresh = {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "Token": "t", "Expiration": "later"}
    aws.outcomes = [(500, {}), (200, fresh), (200, {})]
    credentials._of_the_container.cache_clear()
    for _ in range(2):
        dynamodb().call("GetItem")
    [_, asked, *calls] = aws.heard
    assert asked[:2] == ("GET", "/v2/credentials?a=b")
    assert asked[2]["authorization"] == "proof"
    assert len(calls) == 2
    assert all("Credential=ASIA/" in headers["authorization"] for _, _, headers, _ in calls)
    credentials._of_the_container.cache_clear()


def test_an_error_of_s3_that_has_no_body_is_its_status(aws: Aws) -> None:
    aws.outcomes = [(404, {})]
    with pytest.raises(AwsError, match="404"):
        S3(timeout=SOON).head("photos", "key")


def test_on_aws_a_bucket_is_a_host_and_a_service_has_its_regions_address(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert dynamodb().origin == "https://dynamodb.eu-central-1.amazonaws.com"
    store = S3(timeout=SOON)
    form = store.form("photos", "photos/1", "image/png", most_bytes=5, seconds=60)
    assert form.url == "https://photos.s3.eu-central-1.amazonaws.com/"
    link = store.link("photos", "photos/1", version_id="v 1", seconds=60)
    assert link.startswith("https://photos.s3.eu-central-1.amazonaws.com/photos/1?")
    assert "versionId=v%201" in link

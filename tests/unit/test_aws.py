"""Calls to AWS: what is tried again and what is not, over sockets of this machine."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
import pytest_socket
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from infra.spec import Spec
from motorpool import aws, budget
from motorpool.aws import TRIES

Outcome = tuple[int, dict[str, Any]] | Callable[[socket.socket], object]
GATEWAY_SECONDS = 29

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}


@dataclass
class Server:
    """A server that gives its outcomes one after another, the last for ever."""

    outcomes: list[Outcome] = field(default_factory=lambda: [(200, {})])
    heard: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    url: str = ""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    pytest_socket.enable_socket()
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            made.connections.add(self.client_address)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            given = {name.lower(): value for name, value in self.headers.items()}
            made.heard.append((given, json.loads(body or b"null")))
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
            self.wfile.write(content)

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    Thread(target=httpd.serve_forever, args=(0.02,), daemon=True).start()
    made.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    _found_at(made.url, monkeypatch)
    yield made
    aws.forget()
    httpd.shutdown()
    httpd.server_close()


def _found_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    aws.forget()


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def get() -> Any:
    return aws.dynamodb().get_item(TableName="t", Key=KEY)


def count() -> Any:
    return aws.dynamodb().update_item(TableName="t", Key=KEY)


THROTTLED = (400, {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"})
REFUSED = (400, {"__type": "com.amazonaws#ConditionalCheckFailedException", "message": "no"})


@pytest.mark.parametrize(
    "passing",
    [(500, {}), (503, {}), THROTTLED, hang_up],
    ids=["500", "503", "throttled", "no answer"],
)
def test_what_may_pass_is_tried_again_after_a_pause(
    server: Server, slept: list[float], passing: Outcome
) -> None:
    server.outcomes = [*[passing] * (TRIES - 1), (200, {"Item": KEY})]
    assert get()["Item"] == KEY
    assert len(server.heard) == TRIES
    assert len(slept) == TRIES - 1


def test_a_refusal_is_final(server: Server) -> None:
    server.outcomes = [REFUSED]
    with pytest.raises(ClientError) as raised:
        count()
    assert aws.code_of(raised.value) == "ConditionalCheckFailedException"
    assert not aws.is_transient(raised.value)
    assert len(server.heard) == 1


def test_an_update_whose_answer_is_lost_is_not_sent_again(server: Server) -> None:
    server.outcomes = [hang_up, (200, {})]
    with pytest.raises(ConnectionClosedError) as raised:
        count()
    assert aws.is_transient(raised.value)
    assert not aws.was_not_executed(raised.value)
    assert len(server.heard) == 1


def test_an_update_that_failed_with_a_500_may_have_been_done_too(server: Server) -> None:
    server.outcomes = [(500, {}), (200, {})]
    with pytest.raises(ClientError) as raised:
        count()
    assert aws.status_of(raised.value) == 500
    assert not aws.was_not_executed(raised.value)
    assert len(server.heard) == 1


def test_an_update_that_was_throttled_is_sent_again(server: Server) -> None:
    server.outcomes = [*[THROTTLED] * (TRIES - 1), (200, {"Attributes": KEY})]
    assert count()["Attributes"] == KEY
    assert len(server.heard) == TRIES


def test_an_update_that_reached_nobody_is_sent_again(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest_socket.enable_socket()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    _found_at(f"http://127.0.0.1:{port}", monkeypatch)
    with pytest.raises(EndpointConnectionError) as raised:
        count()
    assert aws.was_not_executed(raised.value)
    assert len(slept) == TRIES - 1
    aws.forget()


def test_all_tries_of_a_transaction_have_one_token_and_the_next_has_another(
    server: Server,
) -> None:
    server.outcomes = [hang_up, (500, {}), (200, {})]
    for _ in range(2):
        aws.dynamodb().transact_write_items(
            TransactItems=[{"Delete": {"TableName": "t", "Key": KEY}}]
        )
    tokens = [body["ClientRequestToken"] for _, body in server.heard]
    assert len(tokens) == 4
    assert len(set(tokens[:3])) == 1
    assert tokens[3] != tokens[0]


def test_a_call_carries_the_trace_that_lambda_is_in(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "motorpool-get_user")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-69209b3f")
    get()
    [(headers, _)] = server.heard
    assert headers["x-amzn-trace-id"] == "Root=1-69209b3f"


def test_one_connection_serves_call_after_call(server: Server) -> None:
    for _ in range(3):
        get()
    assert len(server.connections) == 1


def test_a_connection_that_was_dropped_meanwhile_costs_an_update_nothing(
    server: Server, slept: list[float]
) -> None:
    hung_up = Event()

    def answer_and_hang_up(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        hang_up(connection)
        hung_up.set()

    server.outcomes = [answer_and_hang_up, (200, {})]
    get()
    assert hung_up.wait(5)
    count()
    assert len(server.connections) == 2
    assert slept == []


def test_when_the_requests_budget_is_spent_a_call_is_tried_once(server: Server) -> None:
    server.outcomes = [(503, {})]
    with budget.of_one_request() as spent:
        spent.tries = 0
        with pytest.raises(ClientError) as raised:
            get()
    assert aws.status_of(raised.value) == 503
    assert len(server.heard) == 1


def test_calls_of_one_request_share_its_tries(server: Server) -> None:
    server.outcomes = [(503, {})]
    with budget.of_one_request():
        for _ in range(budget.TRIES):
            with pytest.raises(ClientError):
                get()
    # While tries are left a call takes several; then every call is sent once.
    assert len(server.heard) < budget.TRIES * 2


def test_timeouts_and_tries_fit_the_function_and_the_gateway(server: Server) -> None:
    for client in (aws.dynamodb(), aws.s3(), aws.sqs(), aws.secrets_manager()):
        config: Any = client.meta.config
        assert config.retries == {"mode": "standard", "total_max_attempts": TRIES}
        last_try = config.connect_timeout + config.read_timeout
        first_tries_of_two_calls_more = 2 * (aws.CONNECT_TIMEOUT + aws.READ_TIMEOUT)
        worst = budget.SECONDS + last_try + first_tries_of_two_calls_more
        assert worst < Spec().timeout < GATEWAY_SECONDS


def test_on_aws_a_bucket_is_a_host_in_its_region_and_here_it_is_a_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _found_at("http://127.0.0.1:4566", monkeypatch)
    form = aws.s3().generate_presigned_post(Bucket="photos", Key="photos/1")
    assert form["url"] == "http://127.0.0.1:4566/photos"
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    aws.forget()
    form = aws.s3().generate_presigned_post(Bucket="photos", Key="photos/1")
    assert form["url"] == "https://photos.s3.eu-central-1.amazonaws.com/"
    link = aws.s3().generate_presigned_url("get_object", {"Bucket": "photos", "Key": "photos/1"})
    assert link.startswith("https://photos.s3.eu-central-1.amazonaws.com/photos/1?")
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in link
    aws.forget()

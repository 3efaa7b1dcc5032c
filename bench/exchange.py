"""An HTTP server between a function and AWS, which records AWS's answers or replays them.

When recording, it forwards each call to the local engine, also asks DynamoDB for the consumed
capacity, and removes that from the answer. When replaying, it returns each operation's recorded
answers in order, repeatedly, so that the engine's time is not in the figures. It serves plain HTTP
and TLS.
"""

import base64
import itertools
import json
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from bench import certificates, engine
from infra.local.engine import HOST

DYNAMODB = "DynamoDB_20120810."
WITH_CAPACITY = {
    f"{DYNAMODB}{name}"
    for name in (
        "GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem",
        "TransactWriteItems", "TransactGetItems",
    )
}  # fmt: skip
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
OF_ONE_HOP = {"content-length", "connection", "transfer-encoding", "date", "server", "x-amz-crc32"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call to AWS and its answer. `operation`: the target of JSON services; for S3 the method."""

    operation: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    units: float = 0

    @property
    def name(self) -> str:
        """The operation without its service's version: `GetItem`, `HEAD`."""
        return self.operation.rpartition(".")[2]

    @property
    def read_units(self) -> float:
        """Read units consumed, indexes included."""
        return 0 if self.name in WRITES else self.units

    @property
    def write_units(self) -> float:
        """Write units consumed, indexes included."""
        return self.units if self.name in WRITES else 0

    def as_json(self) -> dict[str, Any]:
        """The call for `fresh.py`, which returns such answers from memory."""
        return {
            "operation": self.operation,
            "status": self.status,
            "headers": self.headers,
            "body": base64.b64encode(self.body).decode(),
        }


@dataclass
class Exchange:
    """A running server. `engine`: the URL to which it forwards calls while it records.

    `bundle`: the certificate authorities by which an AWS client trusts `url_with_tls`.
    """

    url: str
    url_with_tls: str
    bundle: Path
    engine: str
    calls: list[Call] = field(default_factory=list)
    _replayed: dict[str, Iterator[Call]] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make AWS clients use this server."""
        return engine.environment(self.url)

    @property
    def environment_with_tls(self) -> dict[str, str]:
        """The same, with TLS."""
        return engine.environment(self.url_with_tls) | {"AWS_CA_BUNDLE": str(self.bundle)}

    def record(self) -> None:
        """From now on, forward calls and record them."""
        self.calls = []
        self._replayed = None

    def replay(self, calls: list[Call]) -> None:
        """From now on, answer each operation with the calls' answers, in order, repeatedly."""
        by_operation: dict[str, list[Call]] = {}
        for call in calls:
            by_operation.setdefault(call.operation, []).append(call)
        self._replayed = {name: itertools.cycle(found) for name, found in by_operation.items()}

    def answered(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Call:
        """The answer to one call."""
        operation = headers.get("x-amz-target", method)
        if self._replayed is not None:
            return next(self._replayed[operation])
        if operation in WITH_CAPACITY:
            body = json.dumps(json.loads(body) | {"ReturnConsumedCapacity": "TOTAL"}).encode()
        kept = {k: v for k, v in headers.items() if k not in OF_ONE_HOP | {"host", "expect"}}
        given = httpx.request(method, self.engine + path, headers=kept, content=body, timeout=30)
        units, content = 0.0, given.content
        if operation in WITH_CAPACITY:
            answer = json.loads(content)
            consumed = answer.pop("ConsumedCapacity", [])
            listed = consumed if isinstance(consumed, list) else [consumed]
            units = sum(entry["CapacityUnits"] for entry in listed)
            if (name := operation.removeprefix(DYNAMODB)) in ("BatchGetItem", "Query"):
                units = _units_of_a_read(name, json.loads(body), answer)
            content = json.dumps(answer).encode()
        dropped = OF_ONE_HOP - ({"content-length"} if method == "HEAD" else set())
        call = Call(
            operation,
            given.status_code,
            tuple((k, v) for k, v in given.headers.items() if k.lower() not in dropped),
            content,
            units,
        )
        self.calls.append(call)
        return call


def _units_of_a_read(operation: str, request: Any, answer: Any) -> float:
    """Read units of a BatchGetItem or a Query, which the engine does not count by size.

    A query: 1 for each started 4 KB of all its items together. A batch: 1 for each started 4 KB of
    each item, and 1 for a missing item. Half of that when the read is not consistent.
    """
    if operation == "Query":
        size = sum(map(_size, answer["Items"]))
        return max(1, -(-size // 4096)) * (1.0 if request.get("ConsistentRead") else 0.5)
    units = 0.0
    for table, wanted in request["RequestItems"].items():
        items = answer["Responses"].get(table, [])
        begun = sum(-(-_size(item) // 4096) for item in items)
        rate = 1.0 if wanted.get("ConsistentRead") else 0.5
        units += rate * (begun + len(wanted["Keys"]) - len(items))
    return units


def _size(item: dict[str, Any]) -> int:
    """The bytes of an item as DynamoDB counts them, with the overhead of lists and maps."""
    return sum(len(name.encode()) + _size_of(value) for name, value in item.items())


def _size_of(value: dict[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(content) // 2 + 1
        case "L":
            return 3 + sum(1 + _size_of(element) for element in content)
        case "M":
            return 3 + len(content) + _size(content)
        case _:
            return 1


@contextmanager
def exchange(passes_on_to: str) -> Iterator[Exchange]:
    """An exchange on a free port of this machine, in a thread of this process."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            pass

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _answer(self) -> None:
            body = self._body()
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                call = running.answered(self.command, self.path, headers, body)
            except (KeyError, httpx.HTTPError) as fault:
                self.send_error(500, repr(fault))
                return
            self.send_response_only(call.status)
            for name, value in call.headers:
                self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(call.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(call.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815  # as the base class

    with (
        tempfile.TemporaryDirectory(prefix="motorpool-bench-") as folder,
        _server(Handler) as plain,
        _server(Handler) as secured,
    ):
        certificate = certificates.made(Path(folder))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate.chain, certificate.key)
        # The handshake must run in its connection's thread, not in the accepting one.
        secured.socket = tls.wrap_socket(
            secured.socket, server_side=True, do_handshake_on_connect=False
        )
        running = Exchange(
            f"http://{HOST}:{plain.server_port}",
            f"https://{HOST}:{secured.server_port}",
            certificate.bundle,
            passes_on_to,
        )
        for server in (plain, secured):
            Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield running
        finally:
            for server in (plain, secured):
                server.shutdown()


def _server(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer((HOST, 0), handler)
    server.daemon_threads = True
    return server

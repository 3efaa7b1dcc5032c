"""One exchange over HTTP, on a connection that is kept alive."""

import select
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import ssl

CONNECT_TIMEOUT = 1.0


class Unreachable(Exception):
    """There was no answer. `sent`: the request may have been heard nevertheless."""

    passing = True

    def __init__(self, *, sent: bool) -> None:
        super().__init__("no answer" if sent else "no connection")
        self.undone = not sent


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to an origin (`https://host`)."""

    origin: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def host(self) -> str:
        """The host, with its port if it has one of its own."""
        return self.origin.partition("://")[2]

    @property
    def encoded_path(self) -> str:
        """The path, percent-encoded."""
        return quote(self.path, safe="/~")

    @property
    def encoded_query(self) -> str:
        """Names and values percent-encoded, and in the order of that."""
        encoded = {quote(k, safe="~"): quote(v, safe="~") for k, v in self.query.items()}
        return "&".join(f"{name}={encoded[name]}" for name in sorted(encoded))

    @property
    def target(self) -> str:
        """Path and query, as they stand in the request's first line."""
        return f"{self.encoded_path}?{self.encoded_query}" if self.query else self.encoded_path


def exchange(request: Request, *, timeout: float) -> Answer:
    """Send a request and wait `timeout` seconds for each part of the answer. Raises Unreachable."""
    kept = _kept()
    connection = kept.get((request.origin, timeout))
    if connection is None or _was_dropped(connection):
        connection = kept[request.origin, timeout] = _connected(request, timeout)
    try:
        connection.request(request.method, request.target, request.body, dict(request.headers))
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, headers, answer.read())
    except (OSError, HTTPException) as fault:
        connection.close()
        raise Unreachable(sent=True) from fault


def _connected(request: Request, timeout: float) -> HTTPConnection:
    connection = (
        HTTPSConnection(request.host, timeout=CONNECT_TIMEOUT, context=_trust())
        if request.origin.startswith("https:")
        else HTTPConnection(request.host, timeout=CONNECT_TIMEOUT)
    )
    try:
        connection.connect()
    except OSError as fault:
        raise Unreachable(sent=False) from fault
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.sock.settimeout(timeout)
    return connection


def _was_dropped(connection: HTTPConnection) -> bool:
    """Whether the other side has hung up since: a socket with nothing to say is not readable."""
    if connection.sock is None:
        return True
    readable, _, _ = select.select([connection.sock], [], [], 0)
    return bool(readable)


_of_the_thread = threading.local()


def _kept() -> dict[tuple[str, float], HTTPConnection]:
    """The thread's connections, by origin and timeout."""
    kept: dict[tuple[str, float], HTTPConnection] = _of_the_thread.__dict__.setdefault("kept", {})
    return kept


@cache
def _trust() -> "ssl.SSLContext":
    import ssl

    return ssl.create_default_context()

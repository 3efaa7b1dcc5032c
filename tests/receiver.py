"""A receiver of webhooks on 127.0.0.1, which does as its script says and notes what it gets."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import parse_headers
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Self

from standardwebhooks import Webhook, WebhookVerificationError

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Received:
    """A request. `at`: seconds since 1970. `verified`: by one of the receiver's secrets."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    verified: bool

    @property
    def id(self) -> str:
        """The message's id."""
        return self.headers.get("webhook-id", "")


# What a receiver does to the connection, once it has read the request. It may wait for the event,
# which says that the receiver stops.
Behavior = Callable[[socket.socket, threading.Event], None]


def answers(status: int, *headers: str, body: bytes = b"") -> Behavior:
    """Answers with that status, and lines such as `Retry-After: 3`."""

    def answer(connection: socket.socket, _: threading.Event) -> None:
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode() + body)

    return answer


def redirects(to: str, status: int = 307) -> Behavior:
    """Answers that the message is to be sent elsewhere."""
    return answers(status, f"Location: {to}")


def sends(data: bytes) -> Behavior:
    """Answers with these bytes, and closes."""
    return lambda connection, _: connection.sendall(data)


def hangs(_: socket.socket, stops: threading.Event) -> None:
    """Says nothing, and does not close either."""
    stops.wait()


def closes(_: socket.socket, __: threading.Event) -> None:
    """Closes without an answer."""


def drips(first: bytes, each: bytes, every_seconds: float = 0.02) -> Behavior:
    """Sends `first`, and then `each` again and again until the sender closes."""

    def drip(connection: socket.socket, stops: threading.Event) -> None:
        connection.sendall(first)
        while not stops.wait(every_seconds):
            connection.sendall(each)

    return drip


ok = answers(200)
garbage = sends(b"SSH-2.0-OpenSSH_9.9\r\n\x00\xff" * 3)


@dataclass
class Receiver:
    """A receiver that runs while it is a context manager.

    `script`: what it does with the first requests, one after another; `then`: with all later ones.
    `secrets`: those of the webhook, with which it verifies. `tls`: it speaks TLS then.
    """

    script: Sequence[Behavior] = ()
    then: Behavior = ok
    secrets: Sequence[str] = ()
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock, self._stops = threading.Lock(), threading.Event()
        self._news = threading.Condition(self._lock)
        self._server = _Server((HOST, 0), self._handler())

    @property
    def port(self) -> int:
        """The port that it listens on."""
        port: int = self._server.server_address[1]
        return port

    @property
    def url(self) -> str:
        """Its URL, with the address for a host."""
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}/hooks"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stops.set()
        self._server.shutdown()
        self._server.server_close()

    def ids(self) -> list[str]:
        """The ids of the messages that it got, in order, those that it refused too."""
        with self._lock:
            return [message.id for message in self.received]

    def wait_for(self, count: int, *, seconds: float = 10) -> list[Received]:
        """What it got, once there are `count` messages. Raises TimeoutError."""
        with self._news:
            if not self._news.wait_for(lambda: len(self.received) >= count, seconds):
                raise TimeoutError(f"{len(self.received)} of {count} messages in {seconds} s")
            return list(self.received)

    def _next(self, request: Received) -> Behavior:
        with self._news:
            place = len(self.received)
            self.received.append(request)
            self._news.notify_all()
        return self.script[place] if place < len(self.script) else self.then

    def _handler(self) -> type[StreamRequestHandler]:
        receiver = self

        class Handler(StreamRequestHandler):
            def setup(self) -> None:
                if receiver.tls:
                    self.request = receiver.tls.wrap_socket(self.request, server_side=True)
                super().setup()

            def handle(self) -> None:
                if request := _read(self.rfile, receiver.secrets):
                    receiver._next(request)(self.connection, receiver._stops)

        return Handler


class _Server(ThreadingTCPServer):
    # So that a burst of connections is not refused.
    request_queue_size = 128
    daemon_threads = True
    block_on_close = False

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        # The sender closes when it has its status, or its time is over.
        with suppress(OSError):
            super().process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def _read(stream: Any, secrets: Iterable[str]) -> Received | None:
    """The next request; None if the connection ends before."""
    line = stream.readline().decode("latin-1").split()
    if len(line) != 3 or not line[2].startswith("HTTP/"):
        return None
    headers = {name.lower(): value for name, value in parse_headers(stream).items()}
    body = stream.read(int(headers.get("content-length", 0)))
    return Received(
        at=time.time(),
        method=line[0],
        path=line[1],
        headers=headers,
        body=body,
        verified=any(_verifies(secret, headers, body) for secret in secrets),
    )


def _verifies(secret: str, headers: dict[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True

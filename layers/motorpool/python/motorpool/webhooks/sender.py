"""One try to deliver a message: a POST to an address that was checked, with a limit for all of it.

It uses `http.client` on a socket of its own. A library that opens the connection itself would have
to be told that the name is checked and the address is used; and its time limits are for each read,
so that a receiver that sends a byte now and then could hold it for hours.

Certificates are verified with the system's authorities. Lambda keeps them current without a
deployment; those that botocore brings are as old as its version in the lock file.
"""

import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from http.client import HTTPConnection, HTTPException
from threading import Timer
from typing import Literal

from motorpool.snapshot import before_snapshot
from motorpool.webhooks.addresses import Address
from motorpool.webhooks.resolution import Problem, Resolver, Unresolved, addresses_of, by_the_system
from motorpool.webhooks.retries import GIVEN_UP_AFTER, SECOND
from motorpool.webhooks.url import Target

# Of a try, with the look-up of the name.
WITHIN_SECONDS = 15.0
# So that there is time for another of the host's addresses.
CONNECT_SECONDS = 5.0
LONGEST_RETRY_AFTER = GIVEN_UP_AFTER // SECOND

HEADERS = {
    "user-agent": "Motorpool-Webhooks/1",
    "content-type": "application/json",
    "connection": "close",
}

# `no_answer`: what came is not HTTP, or the connection was closed before.
Failure = Problem | Literal["not_connected", "certificate_refused", "no_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a try ended: with a status, or with a failure if none was received.

    `retry_after_seconds`: what the receiver asked for, if it did not take the message.
    """

    duration_ms: int
    status: int | None = None
    failure: Failure | None = None
    retry_after_seconds: int | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver has the message: a 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver wants no more messages: 410."""
        return self.status == 410


class _Failed(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure: Failure = failure


def send(
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    *,
    resolve: Resolver = by_the_system,
    trust: ssl.SSLContext | None = None,
    within_seconds: float = WITHIN_SECONDS,
) -> Outcome:
    """Send a message once, and wait for the status. Redirects are not followed.

    `body`: JSON. `headers`: those of its signature. `trust`: instead of the system's authorities.
    Never raises because of the receiver; it takes `within_seconds` at most.
    """
    started = time.monotonic()
    deadline = started + within_seconds
    status, retry_after, failure = None, None, None
    try:
        status, retry_after = _answer(target, body, headers, resolve, trust, deadline)
    except (Unresolved, _Failed) as ended:
        failure = ended.problem if isinstance(ended, Unresolved) else ended.failure
    if time.monotonic() >= deadline:
        # A status too: a connection that is cut looks like the end of the headers.
        status, failure = None, "timeout"
    outcome = Outcome(
        duration_ms=round((time.monotonic() - started) * 1000), status=status, failure=failure
    )
    if outcome.delivered or retry_after is None or failure is not None:
        return outcome
    return Outcome(
        duration_ms=outcome.duration_ms,
        status=status,
        retry_after_seconds=seconds_asked(retry_after),
    )


def seconds_asked(retry_after: str, *, now: float | None = None) -> int | None:
    """The wait in a `Retry-After` header, which has seconds or a date; at most 76 h.

    None if it is malformed, 0 if the date is past. `now`: seconds since 1970.
    """
    if re.fullmatch(r"[0-9]+", retry_after):
        digits = retry_after.lstrip("0")
        # Python refuses to read thousands of digits.
        return (
            LONGEST_RETRY_AFTER if len(digits) > 9 else min(int(digits or 0), LONGEST_RETRY_AFTER)
        )
    try:
        date = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    # A date without a zone is in UTC (RFC 9110, section 5.6.7).
    at = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    left = at - (time.time() if now is None else now)
    return min(max(round(left), 0), LONGEST_RETRY_AFTER)


@cache
def system_trust() -> ssl.SSLContext:
    """Verifies certificates and names, with the system's authorities and TLS 1.2 or later."""
    return ssl.create_default_context()


def _answer(
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    resolve: Resolver,
    trust: ssl.SSLContext | None,
    deadline: float,
) -> tuple[int, str | None]:
    addresses = addresses_of(target, within_seconds=_left(deadline), resolve=resolve)
    with (
        closing(_connected(addresses, target.port, deadline)) as plain,
        _cut_at(deadline, plain),
        closing(_secured(plain, target, trust) if target.secure else plain) as connected,
    ):
        connection = HTTPConnection(target.host, target.port)
        # Never to connect by name.
        connection.auto_open = 0
        connection.sock = connected
        try:
            connection.request(
                "POST", target.path, body, {"host": target.authority, **HEADERS, **headers}
            )
            # The body is not read: nothing in it matters, and it may never end.
            response = connection.getresponse()
        except HTTPException as malformed:
            raise _Failed("no_answer") from malformed
        except OSError as broken:
            raise _Failed("no_answer") from broken
        return response.status, response.getheader("retry-after")


def _connected(addresses: Sequence[Address], port: int, deadline: float) -> socket.socket:
    """A connection to the first of the addresses that accepts one."""
    for address in addresses:
        if (left := _left(deadline)) <= 0:
            break
        with suppress(OSError):
            limit = min(left, CONNECT_SECONDS)
            connected = socket.create_connection((str(address), port), timeout=limit)
            connected.settimeout(max(_left(deadline), 0.001))
            return connected
    raise _Failed("not_connected")


def _secured(plain: socket.socket, target: Target, trust: ssl.SSLContext | None) -> ssl.SSLSocket:
    """The connection with TLS, once the certificate is verified for the target's name."""
    try:
        return (trust or system_trust()).wrap_socket(plain, server_hostname=target.host)
    except ssl.SSLCertVerificationError as refused:
        raise _Failed("certificate_refused") from refused
    except OSError as broken:
        raise _Failed("not_connected") from broken


@contextmanager
def _cut_at(deadline: float, connected: socket.socket) -> Iterator[None]:
    """Cut the connection at the deadline: whatever waits for it then goes on, with an error.

    A socket's own limit is for one read, and there may be many.
    """
    # TLS takes the socket over, and leaves the object without a connection.
    twin = connected.dup()

    def cut() -> None:
        with suppress(OSError):
            twin.shutdown(socket.SHUT_RDWR)

    timer = Timer(max(_left(deadline), 0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        twin.close()


def _left(deadline: float) -> float:
    return deadline - time.monotonic()


# Reading the authorities takes longer than a delivery.
before_snapshot(system_trust)
